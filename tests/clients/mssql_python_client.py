"""mssql-python: Microsoft's ODBC Driver 18, in every way of encryption that it has."""

import mssql_python

from common import CERTIFICATE, DATABASE, PASSWORD, PORT, TYPES, USER, check, refused


def connect(password=PASSWORD, encrypt="no"):
    return mssql_python.connect(
        f"SERVER=127.0.0.1,{PORT};DATABASE={DATABASE};UID={USER};PWD={password};Encrypt={encrypt}"
    )


strict = f"strict;ServerCertificate={CERTIFICATE}"
for encrypt in ["no", "yes;TrustServerCertificate=yes", strict]:
    connection = connect(encrypt=encrypt)
    cursor = connection.cursor()
    cursor.execute("SELECT DB_NAME()")
    check(encrypt, [tuple(row) for row in cursor.fetchall()], [(DATABASE,)])
    connection.close()

connection = connect()
cursor = connection.cursor()
cursor.execute(TYPES)
check("types", tuple(cursor.fetchone())[1:5], (255, -3, 4, 5000000000))
cursor.execute("SELECT ?, ?, ?, ?", (1, "t\u00e4xt", None, 2.5))
check("parameters", tuple(cursor.fetchone()), (1, "t\u00e4xt", None, 2.5))
cursor.execute("SELECT CAST(7 AS sql_variant), CAST(N'a' AS sql_variant)")
check("variants", tuple(cursor.fetchone()), (7, "a"))
cursor.execute("{CALL catalog.create_folder(?, NULL)}", ("mssql-python",))
connection.rollback()
cursor.execute("SELECT name FROM catalog.folders WHERE name = ?", ("mssql-python",))
check("rolled back", cursor.fetchall(), [])
refused("password", lambda: connect(password="wrong"), "Login failed")
