"""What every client of this folder checks, and how it finds the server.

`cargo xtask clients` starts a server and sets these variables.
"""

import os
import threading
import time

PORT = int(os.environ["PACKHORSE_TDS_PORT"])
USER = os.environ["PACKHORSE_TDS_USER"]
PASSWORD = os.environ["PACKHORSE_TDS_PASSWORD"]
CERTIFICATE = os.environ["PACKHORSE_TDS_CERTIFICATE"]
DATABASE = "SSISDB"

# One value of many types, and what a client makes of each is compared by the callers.
TYPES = (
    "SELECT CAST(1 AS bit), CAST(255 AS tinyint), CAST(-3 AS smallint), 4,"
    " CAST(5000000000 AS bigint), CAST(1.5 AS float), CAST(2.25 AS decimal(10,2)),"
    " N'\u00fcn\u00ef\U0001F40E', 'abc', CAST(NULL AS int)"
)


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


def soon(what, act, seconds=10):
    """`act` ends well before the 30 seconds that its statement would wait."""
    start = time.monotonic()
    result = act()
    took = time.monotonic() - start
    assert took < seconds, f"{what}: took {took:.1f} s"
    return result


def later(act, seconds=0.5):
    thread = threading.Timer(seconds, act)
    thread.start()
    return thread
