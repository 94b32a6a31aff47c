// tedious and mssql: encrypted, strict and plain; parameters both ways, cancel, reset, pools.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const { Connection, Request, TYPES } = require('tedious');
const sql = require('mssql');

const { PACKHORSE_TDS_PORT, PACKHORSE_TDS_USER, PACKHORSE_TDS_PASSWORD } = process.env;
const port = Number(PACKHORSE_TDS_PORT);
const ca = fs.readFileSync(process.env.PACKHORSE_TDS_CERTIFICATE);

function connect(encrypt, password = PACKHORSE_TDS_PASSWORD) {
  const trusting = encrypt === 'strict'
    ? { trustServerCertificate: false, serverName: 'localhost', cryptoCredentialsDetails: { ca } }
    : { trustServerCertificate: true };
  const connection = new Connection({
    server: 'localhost',
    authentication: { type: 'default', options: { userName: PACKHORSE_TDS_USER, password } },
    options: { port, database: 'SSISDB', encrypt, ...trusting },
  });
  return new Promise((ok, no) => connection.connect((error) => (error ? no(error) : ok(connection))));
}

function ask(connection, text, prepare = () => {}, how = 'execSql') {
  return new Promise((ok, no) => {
    const found = [];
    const request = new Request(text, (error) => (error ? no(error) : ok(found)));
    request.on('row', (columns) => found.push(columns.map((column) => column.value)));
    request.on('returnValue', (name, value) => found.push([name, value]));
    prepare(request);
    connection[how](request);
  });
}

const step = (act) => new Promise((ok, no) => act((error) => (error ? no(error) : ok())));

async function main() {
  for (const encrypt of [false, true, 'strict']) {
    const connection = await connect(encrypt);
    assert.deepEqual(await ask(connection, 'SELECT DB_NAME()'), [['SSISDB']], String(encrypt));
    connection.close();
  }
  const connection = await connect(false);
  const parameters = (request) => {
    request.addParameter('a', TYPES.Int, 1);
    request.addParameter('b', TYPES.NVarChar, 'täxt');
    request.addParameter('c', TYPES.DateTime2, new Date(0));
  };
  assert.deepEqual(await ask(connection, 'SELECT @a, @b, @c', parameters), [[1, 'täxt', new Date(0)]]);
  await step((done) => connection.beginTransaction(done));
  const folder = (request) => {
    request.addParameter('folder_name', TYPES.NVarChar, 'tedious');
    request.addOutputParameter('folder_id', TYPES.BigInt);
  };
  const [[name, id]] = await ask(connection, 'catalog.create_folder', folder, 'callProcedure');
  assert.equal(name, 'folder_id');
  assert.ok(Number(id) > 0);
  await step((done) => connection.rollbackTransaction(done));
  const left = "SELECT name FROM catalog.folders WHERE name = 'tedious'";
  assert.deepEqual(await ask(connection, left), []);
  const start = Date.now();
  const cancel = () => setTimeout(() => connection.cancel(), 300);
  await assert.rejects(ask(connection, "WAITFOR DELAY '00:00:30'", cancel), { code: 'ECANCEL' });
  assert.ok(Date.now() - start < 10_000);
  assert.deepEqual(await ask(connection, 'SELECT 7'), [[7]]);
  await ask(connection, 'CREATE TABLE #t (a int)', undefined, 'execSqlBatch');
  await step((done) => connection.reset(done));
  await assert.rejects(ask(connection, 'SELECT * FROM #t'), /#t/);
  connection.close();
  await assert.rejects(connect(false, 'wrong'), { code: 'ELOGIN' });
  await pool();
}

async function pool() {
  const pool = await sql.connect({
    server: 'localhost', port, user: PACKHORSE_TDS_USER, password: PACKHORSE_TDS_PASSWORD,
    database: 'SSISDB', options: { encrypt: true, trustServerCertificate: true },
  });
  const asked = Array.from({ length: 20 }, (_, n) => (
    pool.request().input('n', sql.Int, n).query('SELECT @n * 2 AS twice')
  ));
  const found = (await Promise.all(asked)).map((result) => result.recordset[0].twice);
  assert.deepEqual(found, Array.from({ length: 20 }, (_, n) => n * 2));
  await pool.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
