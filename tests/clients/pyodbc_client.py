"""pyodbc on unixODBC and the driver of FreeTDS (tdsodbc): sp_prepexec, catalog functions."""

import os
import struct
from datetime import datetime, timedelta, timezone

import pyodbc

import common
from common import DATABASE, PASSWORD, PORT, TYPES, USER, WAIT, ask, check, refused, soon

DRIVER = os.environ["PACKHORSE_TDSODBC"]


def connect(password=PASSWORD, encryption="request", **options):
    text = (
        f"DRIVER={DRIVER};SERVER=127.0.0.1;PORT={PORT};DATABASE={DATABASE};UID={USER};"
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

    timer = common.later(cursor.cancel)
    refused("cancel", lambda: soon("cancel", lambda: ask(cursor, WAIT)), "HY008")
    timer.join()
    check("after the cancel", ask(cursor, "SELECT 4"), [(4,)])
    slow = connect()
    slow.timeout = 2
    refused("timeout", lambda: soon("timeout", lambda: slow.execute(WAIT)), "HYT00")
    check("after the timeout", ask(slow.cursor(), "SELECT 5"), [(5,)])


if __name__ == "__main__":
    main()
