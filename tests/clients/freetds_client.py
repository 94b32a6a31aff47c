"""The programs of FreeTDS and unixODBC: tsql in every version of TDS, bsqldb, isql."""

import os
import subprocess

from common import DATABASE, PASSWORD, PORT, USER, check

SCRIPT = "SELECT N'\u00fc' AS a, CAST(NULL AS int) AS b, CAST(12.50 AS money) AS c\nGO\n"


def run(arguments, text, **variables):
    environment = {**os.environ, **variables}
    done = subprocess.run(
        arguments, input=text.encode(), capture_output=True, env=environment, timeout=60
    )
    return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


for version in ["7.1", "7.2", "7.3", "7.4"]:
    tsql = ["tsql", "-H", "127.0.0.1", "-p", str(PORT), "-U", USER, "-P", PASSWORD, "-D", DATABASE]
    said = run(tsql, SCRIPT + "EXIT\n", TDSVER=version)
    assert "12.5" in said and "(1 row affected)" in said, f"tsql {version}: {said}"

settings = os.path.join(os.environ["PACKHORSE_CLIENTS_FOLDER"], "freetds.conf")
for encryption in ["off", "request", "require"]:
    with open(settings, "w") as file:
        file.write(
            f"[box]\nhost = 127.0.0.1\nport = {PORT}\ntds version = 7.4\n"
            f"encryption = {encryption}\nclient charset = UTF-8\n"
        )
    said = run(
        ["bsqldb", "-S", "box", "-U", USER, "-P", PASSWORD, "-D", DATABASE],
        "SELECT name FROM sys.databases ORDER BY database_id\nGO\n",
        FREETDSCONF=settings,
    )
    assert "SSISDB" in said, f"bsqldb {encryption}: {said}"

driver = "/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so"
odbc = os.path.join(os.environ["PACKHORSE_CLIENTS_FOLDER"], "odbc.ini")
with open(odbc, "w") as file:
    file.write(
        f"[box]\nDriver = {driver}\nServer = 127.0.0.1\nPort = {PORT}\n"
        f"Database = {DATABASE}\nTDS_Version = 7.4\n"
    )
said = run(["isql", "-b", "-d,", "box", USER, PASSWORD], "SELECT 1 + 1\n", ODBCINI=odbc)
check("isql", said.strip(), "2")
