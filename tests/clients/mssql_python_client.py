"""mssql-python: Microsoft's ODBC Driver 18, in every way of encryption that it has."""

import mssql_python

import common
from common import CERTIFICATE, DATABASE, PASSWORD, PORT, TYPES, USER, WAIT, ask, check, refused, soon


def connect(password=PASSWORD, encrypt="no", autocommit=True, port=PORT):
    text = f"SERVER=127.0.0.1,{port};DATABASE={DATABASE};UID={USER};PWD={password};Encrypt={encrypt}"
    return mssql_python.connect(text, autocommit=autocommit)


connect.wrong_password = ("Login failed",)
mssql_python.pooling(enabled=False)
common.encryptions(
    connect,
    [
        ({"encrypt": "no"}, "FALSE"),
        ({"encrypt": "yes;TrustServerCertificate=yes"}, "TRUE"),
        ({"encrypt": f"strict;ServerCertificate={CERTIFICATE}"}, "TRUE"),
    ],
)
connection = connect()
cursor = connection.cursor()
check("types", ask(cursor, TYPES)[0][1:5], (255, -3, 4, 5000000000))
common.parameters(connect, "?")
common.outputs_by_text(connect, "?")
variants = "SELECT CAST(7 AS sql_variant), CAST(N'a' AS sql_variant)"
check("variants", ask(cursor, variants), [(7, "a")])
cursor.execute("{CALL catalog.create_folder(?, NULL)}", ("mssql-python",))
check("called", ask(cursor, "EXEC catalog.delete_folder ?", "mssql-python"), [])

common.transactions(connect, "?")
# It shows no numbers.
common.errors(connect, "Divide by zero", "Invalid object name")
common.scripts(connect)
common.big_project(connect, "?")
common.many_rows(connect)
common.killed(connect)
common.routed(connect)

slow = connect()
slow.timeout = 2
refused("timeout", lambda: soon("timeout", lambda: slow.cursor().execute(WAIT)), "timeout")
slow.timeout = 0
check("after the timeout", ask(slow.cursor(), "SELECT 5"), [(5,)])

# A connection of the driver manager's pool is reset before it is used again.
mssql_python.pooling(max_size=1, idle_timeout=60)
pooled = connect()
ask(pooled.cursor(), "CREATE TABLE #left (a int)")
[(session,)] = ask(pooled.cursor(), "SELECT @@SPID")
pooled.close()
again = connect().cursor()
found = ask(again, "SELECT @@SPID, OBJECT_ID('tempdb..#left')")
check("the pool's connection", found, [(session, None)])
