"""python-tds: TDS written in Python. Parameters travel by sp_executesql."""

import datetime

import pytds

import common
from common import CERTIFICATE, DATABASE, PASSWORD, PORT, TWICE, TWICE_GIVES, TYPES, USER, WAIT
from common import ask, check, refused, soon


def connect(password=PASSWORD, autocommit=True, port=PORT, **options):
    return pytds.connect(
        "127.0.0.1", DATABASE, USER, password, port=port, autocommit=autocommit, **options
    )


# It does not show the number of an error.
connect.wrong_password = ("Login failed for user",)
common.encryptions(
    connect,
    [
        ({}, "FALSE"),
        ({"cafile": CERTIFICATE, "validate_host": False}, "TRUE"),
        ({"cafile": CERTIFICATE, "validate_host": False, "enc_login_only": True}, "FALSE"),
    ],
)
connection = connect()
cursor = connection.cursor()
check("types", ask(cursor, TYPES)[0][4:6], (5000000000, 1.5))



def binary(value):
    """It takes bytes for text unless they are wrapped."""
    return pytds.Binary(value) if isinstance(value, bytes) else value


common.parameters(connect, "%s", given=binary)
variants = "SELECT CAST(N'a' AS sql_variant), CAST(CAST('2026-01-02' AS date) AS sql_variant)"
check("variants", ask(cursor, variants), [("a", datetime.date(2026, 1, 2))])

ask(cursor, TWICE)
kinds = ["int", "nvarchar(80)", "bigint", "float", "int"]
outputs = [pytds.output(param_type=kind) for kind in kinds]
given = cursor.callproc("dbo.twice", (7, "\u00e4", binary(b"x" * 100_000), *outputs))
check("outputs", tuple(given[3:]), TWICE_GIVES)
check("status", cursor.get_proc_return_status(), 3)

ask(cursor, "CREATE TYPE dbo.pairs AS TABLE (n int, t nvarchar(20))")
pairs = pytds.TableValuedParam("dbo.pairs", rows=((n, f"t{n}") for n in range(1000)))
check("table", ask(cursor, "SELECT SUM(n), MAX(t) FROM %s", pairs), [(499_500, "t999")])

common.transactions(connect, "%s")
common.errors(connect, "Divide by zero", "Invalid object name")
common.scripts(connect)
common.big_project(connect, "%s", binary)
common.many_rows(connect)
common.killed(connect)
common.routed(connect)

# It cancels when its time is up; from another thread it cannot, where both would read the answer.
slow = connect(timeout=2).cursor()
refused("timeout", lambda: soon("timeout", lambda: ask(slow, WAIT)))
check("after the timeout", ask(slow, "SELECT 5"), [(5,)])

# A connection of its pool is reset before it is used again.
pooled = connect(pooling=True)
ask(pooled.cursor(), "CREATE TABLE #left (a int); SET LANGUAGE German")
[(session,)] = ask(pooled.cursor(), "SELECT @@SPID")
pooled.close()
again = connect(pooling=True).cursor()
found = ask(again, "SELECT @@SPID, OBJECT_ID('tempdb..#left'), @@LANGUAGE")
check("the pool's connection", found, [(session, None, "us_english")])
