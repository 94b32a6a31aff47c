"""pyodbc on unixODBC and the driver of FreeTDS (tdsodbc): sp_prepexec, catalog functions."""

import os
import struct
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pyodbc

import common
from common import DATABASE, PASSWORD, PORT, TYPES, USER, WAIT, ask, check, refused, soon

DRIVER = os.environ["PACKHORSE_TDSODBC"]

# Given to this file when it runs itself, in a process whose connections are pooled.
POOL = "pool"


def connect(password=PASSWORD, encryption="request", port=PORT, driver=DRIVER, **options):
    text = (
        f"DRIVER={driver};SERVER=127.0.0.1;PORT={port};DATABASE={DATABASE};UID={USER};"
        f"PWD={password};TDS_Version=7.4;Encryption={encryption};ClientCharset=UTF-8"
    )
    connection = pyodbc.connect(text, **{"autocommit": True, **options})
    # pyodbc has no datetimeoffset, and shows how to read one.
    connection.add_output_converter(-155, moment)
    return connection


def moment(value):
    *parts, nanoseconds, hours, minutes = struct.unpack("<6hI2h", value)
    zone = timezone(timedelta(hours=hours, minutes=minutes))
    return datetime(*parts, nanoseconds // 1000, zone)


def pool_in_a_process():
    """unixODBC pools for a whole process if it pools, whatever the driver."""
    (common.FOLDER / "odbcinst.ini").write_text(
        f"[ODBC]\nPooling = Yes\n\n[pooled]\nDriver = {DRIVER}\nCPTimeout = 120\n"
    )
    settings = {**os.environ, "ODBCSYSINI": str(common.FOLDER)}
    subprocess.run([sys.executable, __file__, POOL], env=settings, check=True)


def pool():
    """A connection of unixODBC's pool comes back as it was left, since neither it nor the driver
    has it reset. Who wants it fresh asks by a call, as SQLAlchemy's documentation has it."""
    left = "SELECT @@SPID, OBJECT_ID('tempdb..#left'), @@LANGUAGE"
    first = connect(driver="pooled")
    ask(first.cursor(), "CREATE TABLE #left (a int); SET LANGUAGE German")
    [(session, table, language)] = ask(first.cursor(), left)
    assert table is not None and language == "Deutsch", (table, language)
    first.close()
    second = connect(driver="pooled")
    check("the pool's connection", ask(second.cursor(), left), [(session, table, language)])
    second.execute("{call sys.sp_reset_connection}")
    second.close()
    third = connect(driver="pooled").cursor()
    check("after a reset", ask(third, left), [(session, None, "us_english")])


def main():
    common.encryptions(
        connect,
        [
            ({"encryption": "off"}, "FALSE"),
            ({"encryption": "request"}, "FALSE"),
            ({"encryption": "require"}, "TRUE"),
        ],
    )
    connection = connect()
    cursor = connection.cursor()
    check("types", ask(cursor, TYPES)[0][1:4], (255, -3, 4))
    # It sends no time zone, and has ids as text.
    noon, id_ = common.VALUES["datetimeoffset(0)"], common.VALUES["uniqueidentifier"]
    instead = {
        "datetimeoffset(0)": noon.replace(tzinfo=timezone.utc),
        "uniqueidentifier": str(id_).upper(),
    }
    common.parameters(connect, "?", instead)
    common.outputs_by_text(connect, "?")
    views = [table.table_name for table in cursor.tables(schema="catalog")]
    assert "executions" in views and "folders" in views, views
    columns = [column.column_name for column in cursor.columns(table="folders", schema="catalog")]
    check("columns", columns[:2], ["folder_id", "name"])
    cursor.execute("{CALL catalog.create_folder(?, ?)}", ("pyodbc", 0))
    check("called", ask(cursor, "EXEC catalog.delete_folder ?", "pyodbc"), [])

    common.transactions(connect, "?")
    common.errors(connect)
    common.scripts(connect)
    common.big_project(connect, "?")
    common.many_rows(connect)
    common.killed(connect)
    common.routed(connect)

    pool_in_a_process()
    timer = common.later(cursor.cancel)
    refused("cancel", lambda: soon("cancel", lambda: ask(cursor, WAIT)), "HY008")
    timer.join()
    check("after the cancel", ask(cursor, "SELECT 4"), [(4,)])
    slow = connect()
    slow.timeout = 2
    refused("timeout", lambda: soon("timeout", lambda: slow.execute(WAIT)), "HYT00")
    check("after the timeout", ask(slow.cursor(), "SELECT 5"), [(5,)])


if __name__ == "__main__":
    pool() if POOL in sys.argv else main()
