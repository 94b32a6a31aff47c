"""pymssql: FreeTDS, DB-Library. Literals are put into the text; procedures are called by RPC."""

from decimal import Decimal

import pymssql

from common import DATABASE, PASSWORD, PORT, TYPES, USER, check, refused


def connect(password=PASSWORD, **options):
    return pymssql.connect("127.0.0.1", USER, password, DATABASE, port=str(PORT), **options)


for encryption in ["off", "request", "require"]:
    with connect(encryption=encryption) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT DB_NAME(), SUSER_SNAME()")
        check(encryption, cursor.fetchall(), [(DATABASE, USER)])

connection = connect()
cursor = connection.cursor()
cursor.execute(TYPES)
row = (True, 255, -3, 4, 5000000000, 1.5, Decimal("2.25"), "\u00fcn\u00ef\U0001F40E", "abc", None)
check("types", cursor.fetchall(), [row])
cursor.execute("SELECT %s, %d, %s", ("it's", 7, None))
check("parameters", cursor.fetchall(), [("it's", 7, None)])
folder = cursor.callproc("catalog.create_folder", ("pymssql", pymssql.output(int)))
assert 0 < folder[1], folder
connection.rollback()
cursor.execute("SELECT name FROM catalog.folders WHERE name = 'pymssql'")
check("rolled back", cursor.fetchall(), [])
cursor.callproc("catalog.create_folder", ("pymssql", pymssql.output(int)))
connection.commit()
cursor.execute("SELECT name FROM catalog.folders WHERE name = 'pymssql'")
check("committed", cursor.fetchall(), [("pymssql",)])
cursor.execute("EXEC catalog.delete_folder N'pymssql'")
connection.commit()
refused("division", lambda: cursor.execute("SELECT 1/0"), "8134")
refused("table", lambda: cursor.execute("SELECT * FROM nowhere"), "208", "nowhere")
refused("password", lambda: connect(password="wrong"), "18456")
