"""pyodbc on unixODBC and the driver of FreeTDS (tdsodbc): sp_prepexec, catalog functions."""

import pyodbc

from common import DATABASE, PASSWORD, PORT, TYPES, USER, check, refused, soon

DRIVER = "/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so"


def connect(password=PASSWORD, encryption="request", **options):
    text = (
        f"DRIVER={DRIVER};SERVER=127.0.0.1;PORT={PORT};DATABASE={DATABASE};UID={USER};"
        f"PWD={password};TDS_Version=7.4;Encryption={encryption};ClientCharset=UTF-8"
    )
    return pyodbc.connect(text, **options)


for encryption in ["off", "request", "require"]:
    with connect(encryption=encryption) as connection:
        found = connection.execute("SELECT DB_NAME()").fetchall()
        check(encryption, [tuple(row) for row in found], [(DATABASE,)])

connection = connect()
cursor = connection.cursor()
check("types", cursor.execute(TYPES).fetchone()[1:4], (255, -3, 4))
found = cursor.execute("SELECT ?, ?, ?, ?", (1, "t\u00e4xt", None, 2.5)).fetchone()
check("parameters", tuple(found), (1, "t\u00e4xt", None, 2.5))
views = [table.table_name for table in cursor.tables(schema="catalog")]
assert "executions" in views and "folders" in views, views
columns = [column.column_name for column in cursor.columns(table="folders", schema="catalog")]
check("columns", columns[:2], ["folder_id", "name"])
cursor.execute("{CALL catalog.create_folder(?, ?)}", ("pyodbc", 0))
connection.rollback()
found = cursor.execute("SELECT name FROM catalog.folders WHERE name = ?", ("pyodbc",)).fetchall()
check("rolled back", found, [])
refused("division", lambda: cursor.execute("SELECT 1/0").fetchall(), "8134")
slow = connect()
slow.timeout = 2
wait = "WAITFOR DELAY '00:00:30'"
refused("timeout", lambda: soon("timeout", lambda: slow.execute(wait)), "HYT00")
check("after the timeout", slow.execute("SELECT 5").fetchone()[0], 5)
refused("password", lambda: connect(password="wrong"), "18456")
