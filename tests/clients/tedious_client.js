// tedious and mssql: what common.py has the others do, in JavaScript.
'use strict';
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { Connection, Request, TYPES } = require('tedious');
const sql = require('mssql');

const port = Number(process.env.PACKHORSE_TDS_PORT);
const user = process.env.PACKHORSE_TDS_USER;
const rightPassword = process.env.PACKHORSE_TDS_PASSWORD;
const folder = process.env.PACKHORSE_CLIENTS_FOLDER;
const scriptsFolder = process.env.PACKHORSE_CLIENTS_SCRIPTS;
const master = `/proc/${process.env.PACKHORSE_MASTER_ID}`;
const ca = fs.readFileSync(process.env.PACKHORSE_TDS_CERTIFICATE);

const MESSAGES = 1_000_000;
const MANY = 'SELECT event_message_id, message_time, message FROM catalog.event_messages'
  + ' WHERE operation_id = 1000000 ORDER BY event_message_id';
// Megabytes that a million rows may cost here, where memory is freed late, and in the master.
const MEMORY_HERE = 256;
const MEMORY_THERE = 64;

function connect(encrypt = false, password = rightPassword, to = port) {
  const trusting = encrypt === 'strict'
    ? { trustServerCertificate: false, serverName: 'localhost', cryptoCredentialsDetails: { ca } }
    : { trustServerCertificate: true };
  const connection = new Connection({
    server: 'localhost',
    authentication: { type: 'default', options: { userName: user, password } },
    options: { port: to, database: 'SSISDB', encrypt, requestTimeout: 120_000, ...trusting },
  });
  // A connection that is killed says so by an event, which nobody else waits for.
  connection.on('error', () => {});
  return new Promise((ok, no) => connection.connect((error) => (error ? no(error) : ok(connection))));
}

// The rows of the last result, and OUTPUT values.
function ask(connection, text, { prepare = () => {}, how = 'execSql', onRow } = {}) {
  return new Promise((ok, no) => {
    let rows = [];
    const outputs = {};
    const request = new Request(text, (error) => (error ? no(error) : ok(Object.assign(rows, { outputs }))));
    request.on('columnMetadata', () => { rows = []; });
    request.on('row', (columns) => {
      if (onRow) onRow(columns, request); else rows.push(columns.map((column) => column.value));
    });
    request.on('returnValue', (name, value) => { outputs[name] = value; });
    request.on('doneProc', (count, more, status) => { outputs.status = status; });
    prepare(request);
    connection[how](request);
  });
}

const batch = (connection, text) => ask(connection, text, { how: 'execSqlBatch' });
const step = (act) => new Promise((ok, no) => act((error) => (error ? no(error) : ok())));

async function encryptions() {
  const text = 'SELECT DB_NAME(), SUSER_SNAME(), encrypt_option FROM sys.dm_exec_connections'
    + ' WHERE session_id = @@SPID';
  for (const [encrypt, encrypted] of [[false, 'FALSE'], [true, 'TRUE'], ['strict', 'TRUE']]) {
    const connection = await connect(encrypt);
    assert.deepEqual([...await ask(connection, text)], [['SSISDB', user, encrypted]], String(encrypt));
    connection.close();
  }
  await assert.rejects(connect(false, 'wrong'), (error) => (
    error.code === 'ELOGIN' && error.message.includes('Login failed for user')));
}

const moment = new Date('2026-02-28T21:59:58.120Z');

// One parameter of each type that tedious has: what goes, and what comes back if it is another.
const VALUES = [
  ['Bit', true], ['TinyInt', 255], ['SmallInt', -3], ['Int', 7], ['BigInt', '5000000000'],
  ['Real', 0.25], ['Float', 2.5], ['Money', 12.5], ['SmallMoney', -12.5],
  ['Decimal', 12.5, { precision: 10, scale: 2 }], ['Numeric', 12.5, { precision: 10, scale: 2 }],
  ['NVarChar', "täxt '\u{1F40E}"], ['NVarChar', 'x'.repeat(10_000)], ['VarChar', 'täxt'],
  ['NChar', 'abcd', { length: 4 }], ['Char', 'abcd', { length: 4 }],
  ['Text', 'long'], ['NText', 'long'],
  ['VarBinary', Buffer.from([0, 1, 255])], ['VarBinary', Buffer.alloc(16_384, 7)],
  ['Binary', Buffer.from([0, 1, 255])], ['Image', Buffer.from([0, 1, 255])],
  ['Date', new Date('2026-02-28')], ['DateTime', moment], ['DateTime2', moment],
  ['SmallDateTime', new Date('2026-02-28T21:59:00Z')], ['DateTimeOffset', moment],
  ['UniqueIdentifier', '6583054A-E915-4C2A-80E4-C765E79EF61D'],
];

async function parameters(connection) {
  for (const [type, value, options] of VALUES) {
    for (const sent of [value, null]) {
      const prepare = (request) => request.addParameter('p', TYPES[type], sent, options);
      const [[found]] = await ask(connection, 'SELECT @p', { prepare });
      assert.deepEqual(found, sent, type);
    }
  }
  const time = (request) => request.addParameter('p', TYPES.Time, new Date('1970-01-01T23:59:58Z'));
  const [[found]] = await ask(connection, 'SELECT CONVERT(varchar(8), @p)', { prepare: time });
  assert.equal(found, '23:59:58');
  await batch(connection, 'CREATE TYPE dbo.pairs AS TABLE (n int, t nvarchar(20))');
  const table = {
    columns: [{ name: 'n', type: TYPES.Int }, { name: 't', type: TYPES.NVarChar, length: 20 }],
    rows: Array.from({ length: 1000 }, (_, n) => [n, `t${n}`]),
  };
  await batch(connection, `CREATE PROCEDURE dbo.total @pairs dbo.pairs READONLY AS
    SELECT SUM(n), MAX(t) FROM @pairs`);
  const pairs = (request) => request.addParameter('pairs', TYPES.TVP, table);
  const total = await ask(connection, 'dbo.total', { prepare: pairs, how: 'callProcedure' });
  assert.deepEqual([...total], [[499_500, 't999']]);
}

async function outputs(connection) {
  await batch(connection, `CREATE PROCEDURE dbo.twice @n int, @t nvarchar(40), @b varbinary(max),
    @twice int OUTPUT, @text nvarchar(80) OUTPUT, @big bigint OUTPUT, @real float OUTPUT,
    @bytes int OUTPUT, @id uniqueidentifier OUTPUT, @at datetime2 OUTPUT, @none int OUTPUT
    AS
    SELECT @twice = 2 * @n, @text = @t + @t, @big = 5000000000, @real = 1.5,
      @bytes = DATALENGTH(@b), @id = '6583054A-E915-4C2A-80E4-C765E79EF61D',
      @at = '2026-02-28T21:59:58.12';
    SELECT @n AS n;
    RETURN 3;`);
  const prepare = (request) => {
    request.addParameter('n', TYPES.Int, 7);
    request.addParameter('t', TYPES.NVarChar, 'ä');
    request.addParameter('b', TYPES.VarBinary, Buffer.alloc(100_000));
    const types = {
      twice: 'Int', text: 'NVarChar', big: 'BigInt', real: 'Float', bytes: 'Int',
      id: 'UniqueIdentifier', at: 'DateTime2', none: 'Int',
    };
    for (const [name, type] of Object.entries(types)) request.addOutputParameter(name, TYPES[type]);
  };
  const rows = await ask(connection, 'dbo.twice', { prepare, how: 'callProcedure' });
  assert.deepEqual([...rows], [[7]]);
  assert.deepEqual(rows.outputs, {
    twice: 14, text: 'ää', big: '5000000000', real: 1.5, bytes: 100_000,
    id: '6583054A-E915-4C2A-80E4-C765E79EF61D', at: moment, none: null, status: 3,
  });
}

async function prepared(connection) {
  const request = new Request('SELECT @n * 2', () => {});
  request.addParameter('n', TYPES.Int);
  await new Promise((ok, no) => {
    request.on('prepared', ok);
    request.on('error', no);
    connection.prepare(request);
  });
  for (const n of [1, 2, 3]) {
    const found = await new Promise((ok, no) => {
      let value;
      request.callback = (error) => (error ? no(error) : ok(value));
      request.removeAllListeners('row');
      request.on('row', (columns) => { value = columns[0].value; });
      connection.execute(request, { n });
    });
    assert.equal(found, 2 * n);
  }
  await new Promise((ok, no) => {
    request.callback = (error) => (error ? no(error) : ok());
    connection.unprepare(request);
  });
}

async function transactions(connection) {
  const left = "SELECT name FROM catalog.folders WHERE name = 'Kept'";
  for (const [end, found] of [['rollbackTransaction', []], ['commitTransaction', [['Kept']]]]) {
    await step((done) => connection.beginTransaction(done));
    await ask(connection, "EXEC catalog.create_folder N'Kept'");
    await step((done) => connection[end](done));
    assert.deepEqual([...await ask(connection, left)], found, end);
  }
  await ask(connection, "EXEC catalog.delete_folder N'Kept'");
}

function cell(value) {
  if (value === null) return 'NULL';
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}

function isShown(rows, text) {
  let wanted = text.split(' / ').map((row) => row.split('|'));
  if (wanted.length > 1 && wanted.at(-1).length === 1 && wanted.at(-1)[0] === '*') {
    wanted = wanted.slice(0, -1);
    rows = rows.slice(0, wanted.length);
  }
  return rows.length === wanted.length && rows.every((row, at) => (
    row.length === wanted[at].length
    && row.every((value, n) => wanted[at][n] === '*' || wanted[at][n] === cell(value))));
}

function script(number) {
  const name = fs.readdirSync(scriptsFolder).find((file) => file.startsWith(`${number}-`));
  const text = fs.readFileSync(path.join(scriptsFolder, name), 'utf8');
  return text.split(/^\s*GO\s*$/mi).filter((one) => one.trim());
}

async function scripts(connection) {
  const lines = fs.readFileSync(path.join(__dirname, 'scripts.txt'), 'utf8').split('\n');
  for (const line of lines.filter((one) => one && !one.startsWith('#'))) {
    console.log(line);
    const [, verb, what, wanted] = /^(\w+) (.*?)(?: => (.*))?$/.exec(line);
    const batches = verb === 'sql' ? [what] : script(what);
    if (verb === 'fail') {
      await assert.rejects(batch(connection, batches[0]), (error) => (
        (error.errors ?? [error]).some((one) => one.message.includes(wanted))));
      continue;
    }
    let rows;
    for (const text of batches) rows = await batch(connection, text);
    assert.ok(!wanted || isShown(rows, wanted), `${line}: ${JSON.stringify(rows)}`);
  }
}

async function bigProject(connection) {
  const project = fs.readFileSync(path.join(folder, 'drop/Big.ispac'));
  assert.ok(project.length > 50 << 20);
  await ask(connection, "EXEC catalog.create_folder N'Big'");
  const prepare = (request) => {
    request.addParameter('folder_name', TYPES.NVarChar, 'Big');
    request.addParameter('project_name', TYPES.NVarChar, 'DailyLoad');
    request.addParameter('project_stream', TYPES.VarBinary, project);
    request.addOutputParameter('operation_id', TYPES.BigInt);
  };
  const { outputs: { operation_id: id } } = await ask(
    connection, 'catalog.deploy_project', { prepare, how: 'callProcedure' });
  const status = await ask(connection, `SELECT status FROM catalog.operations WHERE operation_id = ${id}`);
  assert.deepEqual([...status], [[7]]);
  const [[back]] = await ask(connection, "EXEC catalog.get_project N'Big', N'DailyLoad'");
  assert.ok(back.length > 50_000_000);
}

const megabytes = (line) => Number(/\d+/.exec(line)[0]) / 1024;
const peakOf = (process_) => megabytes(
  fs.readFileSync(`${process_}/status`, 'utf8').split('\n').find((line) => line.startsWith('VmHWM')));

async function manyRows(read) {
  for (const one of ['/proc/self', master]) fs.writeFileSync(`${one}/clear_refs`, '5');
  const before = [peakOf('/proc/self'), peakOf(master)];
  const [count, last] = await read();
  assert.deepEqual([count, last], [MESSAGES, `Load:Information: ${MESSAGES} rows were written`]);
  const [here, there] = [peakOf('/proc/self') - before[0], peakOf(master) - before[1]];
  assert.ok(here < MEMORY_HERE && there < MEMORY_THERE, `memory: ${here} here, ${there} MB there`);
}

async function readMany(connection) {
  let [count, last] = [0, null];
  await ask(connection, MANY, { onRow: (columns) => { count += 1; last = columns[2].value; } });
  return [count, last];
}

async function killed(watch) {
  const connection = await connect();
  const [[number]] = await ask(connection, 'SELECT @@SPID');
  let kill;
  const onRow = () => { kill ??= ask(watch, `KILL ${number}`); };
  await assert.rejects(ask(connection, MANY, { onRow }));
  await kill;
  const again = await connect();
  assert.deepEqual([...await ask(again, 'SELECT 1')], [[1]]);
  again.close();
}

async function cancel(connection) {
  const start = Date.now();
  const prepare = () => setTimeout(() => connection.cancel(), 300);
  const wait = "WAITFOR DELAY '00:01:30'";
  await assert.rejects(ask(connection, wait, { prepare }), { code: 'ECANCEL' });
  assert.ok(Date.now() - start < 20_000);
  assert.deepEqual([...await ask(connection, 'SELECT 7')], [[7]]);
}

const LEFT = "SELECT @@SPID, OBJECT_ID('tempdb..#left'), @@LANGUAGE";
const LEAVE = 'CREATE TABLE #left (a int); SET LANGUAGE German';

async function reset(connection) {
  await batch(connection, LEAVE);
  const [[session, table, language]] = await batch(connection, LEFT);
  assert.ok(table !== null && language === 'Deutsch', `${table} ${language}`);
  await step((done) => connection.reset(done));
  assert.deepEqual([...await batch(connection, LEFT)], [[session, null, 'us_english']]);
}

// mssql's pool hands a connection on as it was left; who wants it fresh has tedious reset it.
async function poolReset(config) {
  const connections = await new sql.ConnectionPool({ ...config, pool: { max: 1, min: 0 } }).connect();
  const ask_ = async (text) => Object.values((await connections.request().query(text)).recordset[0]);
  await connections.request().batch(LEAVE);
  const session = (await connections.request().query('SELECT @@SPID AS n')).recordset[0].n;
  const left = LEFT.replace('SPID', 'SPID AS n').replace("left')", "left') AS t").replace('GUAGE', 'GUAGE AS l');
  const [found, table, language] = await ask_(left);
  assert.ok(found === session && table !== null && language === 'Deutsch', `${found} ${table} ${language}`);
  const request = connections.request();
  const connection = await connections.acquire(request);
  await step((done) => connection.reset(done));
  connections.release(connection);
  assert.deepEqual(await ask_(left), [session, null, 'us_english']);
  await connections.close();
}

async function until(what, holds) {
  const deadline = Date.now() + 60_000;
  while (!await holds()) {
    assert.ok(Date.now() < deadline, `no end of the wait for ${what}`);
    await new Promise((ok) => setTimeout(ok, 20));
  }
}

// Both are sent on by a master that goes down, while a statement keeps it, and go there.
async function routed(connection) {
  const words = ['master', '--port', '0', '--bind', '127.0.0.1', '--tds-port', '0'];
  const second = spawn(
    process.env.PACKHORSE_PROGRAM, ['--data-dir', path.join(folder, 'data'), ...words],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(second, 'exit');
  const [line] = await once(readline.createInterface({ input: second.stdout }), 'line');
  const there = Number(JSON.parse(line).tds.split(',')[1]);
  const keeper = await connect(false, rightPassword, there);
  const waiting = batch(keeper, "EXEC catalog.create_folder N'Waiting'; WAITFOR DELAY '00:01:30'");
  waiting.catch(() => {});
  const waits = "SELECT name FROM catalog.folders WHERE name = 'Waiting'";
  await until('a statement', async () => (await batch(connection, waits)).length === 1);
  second.kill('SIGTERM');
  const here = 'SELECT local_tcp_port AS n FROM sys.dm_exec_connections WHERE session_id = @@SPID';
  const ways = {
    tedious: async () => {
      const arrived = await connect(false, rightPassword, there);
      const [[found]] = await batch(arrived, here);
      arrived.close();
      return found;
    },
    mssql: async () => {
      const arrived = await new sql.ConnectionPool(configuration(there)).connect();
      const found = (await arrived.request().query(here)).recordset[0].n;
      await arrived.close();
      return found;
    },
  };
  for (const [name, arrives] of Object.entries(ways)) {
    // Until it is sent on it may be served, or let go before it has asked.
    await until(name, async () => await arrives().catch((error) => console.log(name, error.message)) === port);
  }
  keeper.cancel();
  await waiting.catch(() => {});
  assert.deepEqual(await ended, [0, null]);
  await batch(connection, "EXEC catalog.delete_folder N'Waiting'");
}

function configuration(to = port) {
  return {
    server: 'localhost', port: to, user, password: rightPassword, database: 'SSISDB',
    requestTimeout: 120_000, pool: { max: 3, min: 0 },
    options: { encrypt: true, trustServerCertificate: true },
  };
}

async function pool() {
  const config = configuration();
  const connections = await sql.connect(config);
  const asked = Array.from({ length: 20 }, (_, n) => (
    connections.request().input('n', sql.Int, n).query('SELECT @n * 2 AS twice')
  ));
  const found = (await Promise.all(asked)).map((result) => result.recordset[0].twice);
  assert.deepEqual(found, Array.from({ length: 20 }, (_, n) => n * 2));
  const called = await connections.request().input('n', sql.Int, 7).input('t', sql.NVarChar, 'ä')
    .input('b', sql.VarBinary(sql.MAX), Buffer.alloc(10)).output('twice', sql.Int)
    .output('text', sql.NVarChar(80)).output('big', sql.BigInt).output('real', sql.Float)
    .output('bytes', sql.Int).output('id', sql.UniqueIdentifier).output('at', sql.DateTime2)
    .output('none', sql.Int).execute('dbo.twice');
  assert.deepEqual([called.output.twice, called.output.text, called.returnValue], [14, 'ää', 3]);
  const waiting = connections.request();
  setTimeout(() => waiting.cancel(), 300);
  await assert.rejects(waiting.query("WAITFOR DELAY '00:01:30'"), { code: 'ECANCEL' });
  await manyRows(() => new Promise((ok, no) => {
    const request = connections.request();
    request.stream = true;
    let [count, last] = [0, null];
    request.on('row', (row) => { count += 1; last = row.message; });
    request.on('error', no);
    request.on('done', () => ok([count, last]));
    request.query(MANY);
  }));
  await connections.close();
  await poolReset(config);
  await assert.rejects(sql.connect({ ...config, password: 'wrong' }), { code: 'ELOGIN' });
}

async function main() {
  await encryptions();
  const connection = await connect();
  for (const part of [parameters, outputs, prepared, transactions, scripts, bigProject, cancel, reset]) {
    console.log(part.name);
    await part(connection);
  }
  console.log('many rows');
  await manyRows(() => readMany(connection));
  await killed(connection);
  console.log('routed');
  await routed(connection);
  connection.close();
  console.log('pool');
  await pool();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
