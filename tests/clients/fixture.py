"""What the clients find: an SSISDB with a million messages, and two projects to deploy.

    python fixture.py DATA DROP

DATA is a data directory that nobody has open; DROP is where the scripts find their project.
"""

import pathlib
import random
import shutil
import sqlite3
import sys
import time
import zipfile

# What clients expect of both is in common.py, tedious_client.js and JtdsClient.java.
MESSAGES = 1_000_000
OPERATION = 1_000_000

data, drop = map(pathlib.Path, sys.argv[1:])
small = pathlib.Path(__file__).with_name("DailyLoad.ispac")
drop.mkdir(exist_ok=True)
shutil.copy(small, drop)

# Noise, so that nothing on the way makes it smaller; always the same.
noise = random.Random(1)
big = shutil.copy(small, drop / "Big.ispac")
with zipfile.ZipFile(big, "a") as archive:
    for number in range(2):
        archive.writestr(f"Noise{number}.bin", noise.randbytes(25 << 20))

database = sqlite3.connect(data / "ssisdb.sqlite")
database.execute(
    "INSERT INTO operations (operation_id, operation_type, created_time, status, caller_name)"
    " VALUES (?, 200, ?, 7, 'fixture')",
    (OPERATION, int(time.time() * 1_000_000)),
)
database.execute(
    """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO operation_messages (operation_id, message_time, message_type,
           message_source_type, message, attempt, package_name, event_name, message_source_name)
       SELECT ?, 1700000000000000 + i, 70, 40, 'Load:Information: ' || i || ' rows were written',
           1, 'Main.dtsx', 'OnInformation', 'Load' FROM n""",
    (MESSAGES, OPERATION),
)
database.commit()
