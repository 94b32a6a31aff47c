"""SQLAlchemy over pymssql."""

import alchemy


def reset(connection):
    connection.cursor().callproc("sys.sp_reset_connection")


alchemy.everything("pymssql", "%s", {"timeout": 2}, reset)
