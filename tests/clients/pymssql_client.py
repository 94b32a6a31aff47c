"""pymssql: FreeTDS, DB-Library. Literals are put into the text; procedures are called by RPC."""

from decimal import Decimal

import pymssql

import common
from common import DATABASE, PASSWORD, PORT, TWICE, TWICE_GIVES, TYPES, USER, WAIT, ask, check


def connect(password=PASSWORD, autocommit=True, port=PORT, **options):
    return pymssql.connect(
        "127.0.0.1", USER, password, DATABASE, port=str(port), autocommit=autocommit, **options
    )


common.encryptions(
    connect,
    [
        ({"encryption": "off"}, "FALSE"),
        ({"encryption": "request"}, "FALSE"),
        ({"encryption": "require"}, "TRUE"),
    ],
)
cursor = connect().cursor()
row = (True, 255, -3, 4, 5000000000, 1.5, Decimal("2.25"), "\u00fcn\u00ef\U0001F40E", "abc", None)
check("types", ask(cursor, TYPES), [row])
# It writes milliseconds at most, and no time zone.
moment = common.VALUES["datetime2(6)"].replace(microsecond=123_000)
common.parameters(connect, "%s", {"datetime2(6)": moment})

ask(cursor, TWICE)
# An integer is 64 bits wide only if it has to be.
outputs = [(int, 0), (str, ""), (int, 1 << 40), (float, 0.0), (int, 0)]
outputs = [pymssql.output(kind, value) for kind, value in outputs]
# DB-Library sends no more than 8000 bytes to a procedure; what is put into the text has no limit.
given = cursor.callproc("dbo.twice", (7, "\u00e4", b"x" * 8000, *outputs))
check("outputs", given[3:], (*TWICE_GIVES[:4], 8000))
check("status", cursor.returnvalue, 3)

common.transactions(connect, "%s")
common.errors(connect)
common.scripts(connect)
common.big_project(connect, "%s")
common.many_rows(connect)
common.killed(connect)
common.routed(connect)

# It has no way to cancel but its time-out, which ends the connection.
slow = connect(timeout=2)
common.refused("timeout", lambda: common.soon("timeout", lambda: ask(slow.cursor(), WAIT)), "20003")
check("after the timeout", ask(connect().cursor(), "SELECT 5"), [(5,)])
