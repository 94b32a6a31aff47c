"""What every client of this folder does, for those that speak Python's DB-API.

`cargo xtask clients` starts a server for each client and sets these variables.
"""

import contextlib
import datetime
import decimal
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import time
import uuid

PORT = int(os.environ["PACKHORSE_TDS_PORT"])
USER = os.environ["PACKHORSE_TDS_USER"]
PASSWORD = os.environ["PACKHORSE_TDS_PASSWORD"]
CERTIFICATE = os.environ["PACKHORSE_TDS_CERTIFICATE"]
FOLDER = pathlib.Path(os.environ["PACKHORSE_CLIENTS_FOLDER"])
SCRIPTS = pathlib.Path(os.environ["PACKHORSE_CLIENTS_SCRIPTS"])
MASTER = pathlib.Path("/proc") / os.environ["PACKHORSE_MASTER_ID"]
PROGRAM = os.environ["PACKHORSE_PROGRAM"]
DATABASE = "SSISDB"

MESSAGES = 1_000_000
MANY = (
    "SELECT event_message_id, message_time, message FROM catalog.event_messages"
    " WHERE operation_id = 1000000 ORDER BY event_message_id"
)
# What a million rows may cost in memory, in MB: they are some 200 MB.
MEMORY = 64

# One value of many types, and what a client makes of each is compared by the callers.
TYPES = (
    "SELECT CAST(1 AS bit), CAST(255 AS tinyint), CAST(-3 AS smallint), 4,"
    " CAST(5000000000 AS bigint), CAST(1.5 AS float), CAST(2.25 AS decimal(10,2)),"
    " N'\u00fcn\u00ef\U0001F40E', 'abc', CAST(NULL AS int)"
)

# One parameter of each type: what it is there, what it is in Python. What a parameter travels as
# is the client's business, so it is cast.
VALUES = {
    "bit": True,
    "tinyint": 255,
    "smallint": -3,
    "int": 7,
    "bigint": 5_000_000_000,
    "real": 0.25,
    "float": 2.5,
    "decimal(10,2)": decimal.Decimal("12.50"),
    "money": decimal.Decimal("922337203685477.5807"),
    "nvarchar(40)": "t\u00e4xt '\U0001F40E",
    "varchar(40)": "t\u00e4xt",
    "nchar(4)": "abcd",
    "nvarchar(max)": "x" * 10_000,
    "varbinary(8)": b"\x00\x01\xff",
    "varbinary(max)": bytes(range(256)) * 64,
    "date": datetime.date(2026, 2, 28),
    "datetime": datetime.datetime(2026, 2, 28, 23, 59, 58, 120_000),
    "datetime2(6)": datetime.datetime(2026, 2, 28, 23, 59, 58, 123_456),
    "time(0)": datetime.time(23, 59, 58),
    "datetimeoffset(0)": datetime.datetime(
        2026, 2, 28, 23, 59, 58, tzinfo=datetime.timezone(datetime.timedelta(hours=2))
    ),
    "uniqueidentifier": uuid.UUID("6583054a-e915-4c2a-80e4-c765e79ef61d"),
}

# A procedure with parameters both ways, and a status.
TWICE = """CREATE PROCEDURE dbo.twice @n int, @t nvarchar(40), @b varbinary(max) = NULL,
    @twice int OUTPUT, @text nvarchar(80) OUTPUT, @big bigint OUTPUT, @real float OUTPUT,
    @bytes int OUTPUT
AS
SELECT @twice = 2 * @n, @text = @t + @t, @big = 5000000000, @real = 1.5, @bytes = DATALENGTH(@b);
RETURN 3;"""
TWICE_GIVES = (14, "\u00e4\u00e4", 5_000_000_000, 1.5, 100_000)


def check(what, found, wanted):
    assert found == wanted, f"{what}: {found!r} is not {wanted!r}"


def refused(what, act, *words):
    """`act` fails, and the error has all of these words."""
    try:
        act()
    except Exception as error:  # each driver has its own
        text = str(error)
        assert all(word in text for word in words), f"{what}: {text!r} lacks one of {words}"
        return
    raise AssertionError(f"{what}: was not refused")


def soon(what, act, seconds=20):
    """`act` ends well before the 90 seconds that its statement would wait."""
    start = time.monotonic()
    result = act()
    took = time.monotonic() - start
    assert took < seconds, f"{what}: took {took:.1f} s"
    return result


WAIT = "WAITFOR DELAY '00:01:30'"


def later(act, seconds=0.5):
    thread = threading.Timer(seconds, act)
    thread.start()
    return thread


def ask(cursor, text, *values):
    """The rows of the last result of a batch; an error in any of its statements is one here."""
    cursor.execute(text, values) if values else cursor.execute(text)
    rows = []
    while True:
        if cursor.description:
            rows = [tuple(row) for row in cursor.fetchall()]
        if not cursor.nextset():
            return rows


def encryptions(connect, ways):
    """In every way of encryption that a client has, and which it is."""
    for options, encrypted in ways:
        connection = connect(**options)
        text = (
            "SELECT DB_NAME(), SUSER_SNAME(), encrypt_option FROM sys.dm_exec_connections"
            " WHERE session_id = @@SPID"
        )
        check(str(options), ask(connection.cursor(), text), [(DATABASE, USER, encrypted)])
        connection.close()
    refused("password", lambda: connect(password="wrong"), *wrong_password(connect))


def wrong_password(connect):
    return getattr(connect, "wrong_password", ("18456",))


def parameters(connect, mark, instead={}, given=lambda value: value):
    """Every value comes back as it went, or as the client itself changes it: `instead`."""
    cursor = connect().cursor()
    for name, value in VALUES.items():
        wanted = instead.get(name, value)
        for sent, back in [(given(value), wanted), (None, None)]:
            check(name, ask(cursor, f"SELECT CAST({mark} AS {name})", sent), [(back,)])


def script_steps():
    """The lines of scripts.txt: verb, what, and what is expected."""
    for line in pathlib.Path(__file__).with_name("scripts.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            act, _, wanted = line.partition(" => ")
            verb, what = act.split(" ", 1)
            yield verb, what, wanted


def script(number):
    """The batches of a script."""
    [path] = SCRIPTS.glob(f"{number}-*.sql")
    batches = re.split(r"(?im)^\s*GO\s*$", path.read_text())
    return [batch for batch in batches if batch.strip()]


def shown(rows):
    def cell(value):
        if value is None:
            return "NULL"
        return str(int(value)) if isinstance(value, bool) else str(value)

    return [[cell(value) for value in row] for row in rows]


def is_shown(rows, wanted):
    """Whether the rows are what a line of scripts.txt says."""
    wanted = [row.split("|") for row in wanted.split(" / ")]
    if wanted[-1] == ["*"] and 1 < len(wanted):
        wanted, rows = wanted[:-1], rows[: len(wanted) - 1]
    same = [len(row) == len(cells) for row, cells in zip(rows, wanted)]
    return len(rows) == len(wanted) and all(same) and all(
        value in ("*", found)
        for row, cells in zip(rows, wanted)
        for found, value in zip(row, cells)
    )


def scripts(connect):
    """Runs them all, as a step of scripts.txt says."""
    cursor = connect().cursor()
    for verb, what, wanted in script_steps():
        batches = [what] if verb == "sql" else script(what)
        print(verb, what, flush=True)
        if verb == "fail":
            refused(what, lambda: ask(cursor, batches[0]), wanted)
            continue
        try:
            rows = [ask(cursor, batch) for batch in batches][-1]
        except Exception as error:
            raise AssertionError(f"{verb} {what}") from error
        if wanted:
            assert is_shown(shown(rows), wanted), f"{what}: {shown(rows)} is not {wanted}"


def big_project(connect, mark, given=lambda value: value):
    """50 MB through a parameter, and back."""
    project = (FOLDER / "drop/Big.ispac").read_bytes()
    assert 50 << 20 < len(project)
    project = given(project)
    cursor = connect().cursor()
    ask(cursor, "EXEC catalog.create_folder N'Big'")
    status = ask(
        cursor,
        "DECLARE @o bigint; EXEC catalog.deploy_project N'Big', N'DailyLoad', "
        f"@project_stream = {mark}, @operation_id = @o OUTPUT;"
        " SELECT status FROM catalog.operations WHERE operation_id = @o",
        project,
    )
    check("deployment", status, [(7,)])
    big_project_is_there(cursor)


def big_project_is_there(cursor):
    found = ask(
        cursor,
        "SET TEXTSIZE -1; DECLARE @t TABLE (b varbinary(max));"
        " INSERT @t EXEC catalog.get_project N'Big', N'DailyLoad';"
        " SELECT CASE WHEN 50000000 < DATALENGTH(b) THEN 1 ELSE 0 END FROM @t",
    )
    check("project", found, [(1,)])


def resident():
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class MasterMemory:
    """The most memory that the master has had since this was made, in MB, beyond what it had."""

    def __init__(self):
        (MASTER / "clear_refs").write_text("5")
        self.before = self.peak()

    def peak(self):
        lines = (MASTER / "status").read_text().splitlines()
        [line] = [line for line in lines if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024

    def grown(self):
        return self.peak() - self.before


def is_constant(act):
    """`act` reads a million rows, without the memory for them here or there."""
    before, master = resident(), MasterMemory()
    count, last = act()
    check("rows", (count, last), (MESSAGES, f"Load:Information: {MESSAGES} rows were written"))
    here, there = resident() - before, master.grown()
    assert here < MEMORY and there < MEMORY, f"memory: {here:.0f} here, {there:.0f} MB there"


def many_rows(connect):
    def read():
        cursor = connect().cursor()
        cursor.execute(MANY)
        count, last = 0, None
        while rows := cursor.fetchmany(1000):
            count, last = count + len(rows), rows[-1]
        return count, last[2]

    is_constant(read)


def sessions(cursor):
    rows = ask(cursor, "SELECT session_id FROM sys.dm_exec_sessions WHERE is_user_process = 1")
    return {row[0] for row in rows}


def until(what, holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"no end of the wait for {what}"
        time.sleep(0.02)


def killed(connect):
    """A connection that is killed in the middle of a result, and a client that is."""
    watch = connect().cursor()
    connection = connect()
    cursor = connection.cursor()
    [(number,)] = ask(cursor, "SELECT @@SPID")
    cursor.execute(MANY)
    cursor.fetchmany(10)
    ask(watch, f"KILL {number}")

    def read_on():
        while cursor.fetchmany(1000):
            pass

    refused("a killed connection", read_on)
    until("the killed session's end", lambda: number not in sessions(watch))
    check("a new connection", ask(connect().cursor(), "SELECT 1"), [(1,)])

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        cursor = connect().cursor()
        [(number,)] = ask(cursor, "SELECT @@SPID")
        cursor.execute(MANY)
        cursor.fetchmany(10)
        os.write(writer, str(number).encode())
        time.sleep(600)
    os.close(writer)
    number = int(os.read(reader, 20))
    assert number in sessions(watch), "the other client has a session"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    until("the dead client's session to end", lambda: number not in sessions(watch))


# Where a connection has arrived.
HERE = "SELECT local_tcp_port FROM sys.dm_exec_connections WHERE session_id = @@SPID"


@contextlib.contextmanager
def master_that_stops(ask_master):
    """The port of a second master that has been told to stop, while a statement keeps it.

    `ask_master` gives the rows of a batch that the other one runs."""
    words = ["--port", "0", "--bind", "127.0.0.1", "--tds-port", "0"]
    second = subprocess.Popen(
        [PROGRAM, "--data-dir", FOLDER / "data", "master", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    port = json.loads(second.stdout.readline())["tds"].split(",")[1]
    keeper = subprocess.Popen(
        ["tsql", "-H", "127.0.0.1", "-p", port, "-U", USER, "-P", PASSWORD, "-D", DATABASE],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    keeper.stdin.write(f"EXEC catalog.create_folder N'Waiting'\n{WAIT}\nGO\n")
    keeper.stdin.flush()
    waits = "SELECT name FROM catalog.folders WHERE name = N'Waiting'"
    until("a statement on the second master", lambda: ask_master(waits))
    second.terminate()
    yield int(port)
    keeper.kill()
    keeper.wait()
    check("the end of the second master", second.wait(60), 0)
    ask_master("EXEC catalog.delete_folder N'Waiting'")


def routed(connect):
    """A client of a master that goes down is sent to another, and goes there by itself."""
    other = connect().cursor()
    with master_that_stops(lambda text: ask(other, text)) as port:

        def arrives():
            try:
                return ask(connect(port=port).cursor(), HERE) == [(PORT,)]
            except Exception as error:  # it was let go before it asked
                print("not sent on yet:", error)

        until("the other master", arrives)


def transactions(connect, mark):
    """Rolled back and committed."""
    connection = connect(autocommit=False)
    cursor = connection.cursor()
    left = "SELECT name FROM catalog.folders WHERE name = N'Kept'"
    ask(cursor, f"EXEC catalog.create_folder {mark}", "Kept")
    connection.rollback()
    check("rolled back", ask(cursor, left), [])
    ask(cursor, f"EXEC catalog.create_folder {mark}", "Kept")
    connection.commit()
    check("committed", ask(connect().cursor(), left), [("Kept",)])
    ask(cursor, "EXEC catalog.delete_folder N'Kept'")
    connection.commit()
    connection.close()


def outputs_by_text(connect, mark):
    """For clients that have no OUTPUT parameters: variables, and a SELECT of them."""
    cursor = connect().cursor()
    ask(cursor, TWICE)
    found = ask(
        cursor,
        "DECLARE @rc int, @a int, @t nvarchar(80), @b bigint, @f float, @l int;"
        f" EXEC @rc = dbo.twice {mark}, {mark}, {mark}, @a OUTPUT, @t OUTPUT, @b OUTPUT,"
        " @f OUTPUT, @l OUTPUT; SELECT @rc, @a, @t, @b, @f, @l",
        7,
        "\u00e4",
        b"x" * 100_000,
    )
    check("outputs", found, [(3, *TWICE_GIVES)])


def errors(connect, division="8134", table="208"):
    cursor = connect().cursor()
    refused("division", lambda: ask(cursor, "SELECT 1/0"), division)
    refused("table", lambda: ask(cursor, "SELECT * FROM nowhere"), table, "nowhere")
    check("after errors", ask(cursor, "SELECT 1"), [(1,)])
