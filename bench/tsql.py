"""What T-SQL costs a client: run with a Python that has pymssql, against a master of its own.

    python bench/tsql.py PACKHORSE_BINARY FOLDER

FOLDER must not exist; the catalog of the run is made there, with a million event messages.
Prints a line for each figure. The peer is pymssql itself, reading the same rows from a table of
the same server that holds no messages (what the client can take at most).
"""

import json
import os
import pathlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

import pymssql

PASSWORD = "Str0ng!Password"


def start(binary, folder):
    subprocess.run([binary, "init", "--data-dir", folder], check=True, stdout=subprocess.DEVNULL)
    master = subprocess.Popen(
        [binary, "master", "--data-dir", folder, "--port", "0", "--tds-port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    ready = json.loads(master.stdout.readline())
    login = [binary, "login", "create", "bench", "--role", "ssis_admin", "--data-dir", folder]
    subprocess.run(login, input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
    return master, int(ready["tds"].rsplit(",", 1)[1])


def fill(folder, count):
    database = sqlite3.connect(pathlib.Path(folder) / "ssisdb.sqlite", timeout=30)
    database.execute(
        "INSERT INTO operations (operation_id, operation_type, created_time, status, caller_name)"
        " VALUES (1000000, 200, 0, 7, 'bench')"
    )
    database.execute(
        """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
           INSERT INTO operation_messages (operation_id, message_time, message_type,
               message_source_type, message, attempt, package_name, event_name,
               message_source_name, message_source_id, subcomponent_name, package_path,
               execution_path, thread_id, message_code)
           SELECT 1000000, 1700000000000000 + i, 70, 40,
               'Load customers:Information: ' || i || ' rows were written by the component',
               1, 'Main.dtsx', 'OnInformation', 'Load customers',
               '{3B5A2B3C-0000-4000-8000-000000000001}', 'SSIS.Pipeline',
               '\\Package\\Load customers', '\\Package\\Load customers', 4711, 0 FROM n""",
        (count,),
    )
    database.commit()
    database.close()


def connect(port):
    return pymssql.connect(
        server="127.0.0.1", port=port, user="bench", password=PASSWORD, database="SSISDB",
        autocommit=True,
    )


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def median_of_calls(cursor, statement, count):
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        cursor.execute(statement)
        while cursor.nextset():
            pass
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def rows_a_second(cursor, query):
    begun = time.perf_counter()
    cursor.execute(query)
    count = 0
    while rows := cursor.fetchmany(10_000):
        count += len(rows)
    return count / (time.perf_counter() - begun), count


def main():
    binary, folder = sys.argv[1:3]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    master, port = start(binary, folder)
    try:
        fill(folder, 1_000_000)
        cursor = connect(port).cursor()
        call = "EXEC SSISDB.catalog.set_folder_description N'Bench', N'x'"
        cursor.execute("EXEC SSISDB.catalog.create_folder N'Bench'")
        print(f"EXEC of a procedure that writes, p50: {median_of_calls(cursor, call, 300):.2f} ms")
        query = "SELECT @@SPID"
        print(f"SELECT of a constant, p50: {median_of_calls(cursor, query, 300):.2f} ms")
        before = memory(master)
        rate, count = rows_a_second(
            cursor, "SELECT * FROM catalog.event_messages WHERE operation_id = 1000000"
        )
        print(f"SELECT * FROM event_messages, {count:,} rows: {rate:,.0f} rows/s")
        print(f"memory of the master meanwhile: {before:.0f} -> {memory(master):.0f} MB")
        cursor.execute(
            "SELECT TOP (100000) * INTO #m FROM catalog.event_messages WHERE operation_id = 1000000"
        )
        rate, count = rows_a_second(cursor, "SELECT * FROM #m")
        print(f"peer: the same columns from memory, {count:,} rows: {rate:,.0f} rows/s")
        before = memory(master)
        others = [connect(port) for _ in range(500)]
        print(f"memory of 500 more connections: {memory(master) - before:.0f} MB")
        held = hold_back(cursor, connect(port))
        print(f"slowest SELECT of a constant while another client sorts a million rows: {held:.1f} ms")
        del others
    finally:
        master.terminate()
        master.wait()


def hold_back(cursor, busy):
    done = threading.Event()

    def sort():
        other = busy.cursor()
        other.execute(
            "SELECT TOP (1) message FROM catalog.event_messages WHERE operation_id = 1000000"
            " ORDER BY message DESC"
        )
        other.fetchall()
        done.set()

    thread = threading.Thread(target=sort)
    thread.start()
    slowest = 0.0
    while not done.is_set():
        begun = time.perf_counter()
        cursor.execute("SELECT 1")
        cursor.fetchall()
        slowest = max(slowest, (time.perf_counter() - begun) * 1000)
    thread.join()
    return slowest


if __name__ == "__main__":
    os.environ.setdefault("TDSVER", "7.4")
    main()
