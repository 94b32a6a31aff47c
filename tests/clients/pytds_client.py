"""python-tds: TDS written in Python. Parameters travel by sp_executesql."""

import datetime

import pytds

from common import CERTIFICATE, DATABASE, PASSWORD, PORT, TYPES, USER, check, later, refused, soon


def connect(password=PASSWORD, **options):
    return pytds.connect("127.0.0.1", DATABASE, USER, password, port=PORT, **options)


for options in [{}, {"cafile": CERTIFICATE, "validate_host": False}]:
    with connect(**options) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT DB_NAME()")
        check(str(options), cursor.fetchall(), [(DATABASE,)])

connection = connect()
cursor = connection.cursor()
cursor.execute(TYPES)
check("types", cursor.fetchone()[4:6], (5000000000, 1.5))
cursor.execute("SELECT %s, %s, %s, %s", (1, "t\u00e4xt", None, 2.5))
check("parameters", cursor.fetchall(), [(1, "t\u00e4xt", None, 2.5)])
cursor.execute("SELECT CAST(N'a' AS sql_variant), CAST(CAST('2026-01-02' AS date) AS sql_variant)")
check("variants", cursor.fetchall(), [("a", datetime.date(2026, 1, 2))])
cursor.execute("SELECT REPLICATE(CAST(N'x' AS nvarchar(max)), 100000)")
check("long text", len(cursor.fetchone()[0]), 100000)
found = cursor.callproc("catalog.create_folder", ("pytds", pytds.output(param_type=int)))
assert 0 < found[1], found
connection.rollback()
cursor.execute("SELECT name FROM catalog.folders WHERE name = 'pytds'")
check("rolled back", cursor.fetchall(), [])
timer = later(cursor.cancel)
soon("cancel", lambda: cursor.execute("WAITFOR DELAY '00:00:30'"))
timer.join()
cursor.execute("SELECT 4")
check("after the cancel", cursor.fetchall(), [(4,)])
connection = connect(timeout=2)
cursor = connection.cursor()
refused("timeout", lambda: soon("timeout", lambda: cursor.execute("WAITFOR DELAY '00:00:30'")))
cursor.execute("SELECT 5")
check("after the timeout", cursor.fetchall(), [(5,)])
refused("password", lambda: connect(password="wrong"), "Login failed")
