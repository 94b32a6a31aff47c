"""What the programs of FreeTDS and unixODBC have in common: they read batches and write tables."""

import os
import re
import resource
import signal
import subprocess

import common
from common import DATABASE, FOLDER, MANY, MESSAGES, PASSWORD, PORT, USER, check, script
from common import script_steps

ERROR = r"(?i)(severity|level) 1[1-9]"
SETTINGS = FOLDER / "freetds.conf"
ODBC = FOLDER / "odbc.ini"
ENVIRONMENT = {**os.environ, "FREETDSCONF": str(SETTINGS), "ODBCINI": str(ODBC)}


def configure(encryption, port=PORT):
    SETTINGS.write_text(
        f"[box]\nhost = 127.0.0.1\nport = {port}\ntds version = 7.4\n"
        f"encryption = {encryption}\nclient charset = UTF-8\n"
    )
    ODBC.write_text(
        f"[box]\nDriver = {os.environ['PACKHORSE_TDSODBC']}\nServer = 127.0.0.1\nPort = {port}\n"
        f"Database = {DATABASE}\nTDS_Version = 7.4\nEncryption = {encryption}\n"
        "ClientCharset = UTF-8\n"
    )


def typed(command, batches):
    """Batches as the program takes them: isql takes a line each, tsql wants to be told the end."""
    if command[0] == "isql":
        lines = [re.sub(r"--.*", "", batch).split() for batch in batches]
        return "".join(f"{' '.join(line)}\n" for line in lines)
    text = "".join(f"{batch}\nGO\n" for batch in batches)
    return text + ("EXIT\n" if command[0] == "tsql" else "")


def run(command, text, timeout=120, **variables):
    done = subprocess.run(
        command,
        input=text.encode(),
        capture_output=True,
        env={**ENVIRONMENT, **variables},
        timeout=timeout,
    )
    return (done.stdout + done.stderr).decode(errors="replace")


def shows(said, wanted):
    """Whether a program's table has these rows, one below the other."""
    rows = [
        r"[ \t]*[|\t][ \t]*".join("[^|\n\t]*" if cell == "*" else re.escape(cell) for cell in cells)
        for cells in (row.split("|") for row in wanted.split(" / ") if row != "*")
    ]
    return re.search(r"^[ \t]*" + r"[ \t]*\n[ \t]*".join(rows) + r"[ \t]*$", said, re.M)


def scripts(command, failed, blank):
    """Every script, through the program's own input; `failed` is what its errors look like, `blank`
    the scripts of whose results it shows nothing."""
    for verb, what, wanted in script_steps():
        said = run(command, typed(command, [what] if verb == "sql" else script(what)))
        if verb == "fail":
            assert wanted in said, f"{command[0]} {what}: {said}"
            continue
        assert not re.search(failed, said), f"{command[0]} {verb} {what}: {said}"
        # bsqldb itself says so of types that DB-Library does not show.
        if wanted and what not in blank and command[0] != "isql" and "not supported, sorry" not in said:
            assert shows(said, wanted), f"{command[0]} {verb} {what}: {said} lacks {wanted}"


# DB-Library shows no datetimeoffset, of SQL Server neither.
SHOWN = MANY.replace("message_time", "CONVERT(varchar(40), message_time) AS at").replace(
    "message FROM", "CONVERT(nvarchar(60), message) AS message FROM"
)


def many_rows(command):
    """A million rows through a pipe, which is read as they come."""

    def read():
        program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True
        )
        program.stdin.write(typed(command, [SHOWN]))
        program.stdin.close()
        count, last = 0, None
        for line in program.stdout:
            if found := re.search(r"Load:Information: \d+ rows were written", line):
                count, last = count + 1, found[0]
        check("end", program.wait(), 0)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        assert used < common.MEMORY, f"memory: {used:.0f} MB"
        return count, last

    common.is_constant(read)


def big_project(command):
    """50 MB as a constant in a batch."""
    project = (FOLDER / "drop/Big.ispac").read_bytes().hex()
    batches = [
        "EXEC catalog.create_folder N'Big'",
        f"EXEC catalog.deploy_project N'Big', N'DailyLoad', 0x{project}",
        "SELECT CASE WHEN object_version_lsn IS NOT NULL THEN 'there' END FROM catalog.projects"
        " WHERE name = N'DailyLoad' AND folder_id ="
        " (SELECT folder_id FROM catalog.folders WHERE name = N'Big')",
    ]
    said = run(command, typed(command, batches), timeout=600)
    assert shows(said, "there"), said


def killed(command):
    """A program that is killed while its statement waits, or its rows come."""
    others = (
        "SELECT COUNT(*) AS others FROM sys.dm_exec_sessions"
        " WHERE is_user_process = 1 AND session_id <> @@SPID"
    )
    ask = typed(command, [others])
    for statement in [common.WAIT, SHOWN]:
        program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True
        )
        program.stdin.write(typed(command, [statement]))
        program.stdin.flush()
        common.until("the session", lambda: shows(run(command, ask), "1"))
        program.send_signal(signal.SIGKILL)
        program.wait()
        common.until("its end", lambda: shows(run(command, ask), "0"))


def routed(command):
    """A program that is told to go to a master that goes down shows what another one answers."""
    with common.master_that_stops(lambda text: "Waiting" in run(command, typed(command, [text]))) as port:
        configure("off", port)
        here = typed(command, [common.HERE])
        common.until("the other master", lambda: shows(run(command, here), str(PORT)))
        configure("off")


def everything(command, encryptions, failed=ERROR, refused="Login failed", blank=()):
    """`command` makes the program's command line of a password."""
    way = "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID"
    for encryption in encryptions:
        configure(encryption)
        said = run(command(PASSWORD), typed(command(PASSWORD), [way]))
        encrypted = "TRUE" if encryption == "require" else "FALSE"
        assert encrypted in said, f"{encryption}: {said}"
    configure("off")
    said = run(command("wrong"), typed(command("wrong"), ["SELECT 1"]))
    assert refused in said, f"a wrong password: {said}"
    program = command(PASSWORD)
    many_rows(program)
    killed(program)
    routed(program)
    scripts(program, failed, blank)
