"""SQLAlchemy over pyodbc and the driver of FreeTDS."""

from urllib.parse import quote_plus

import alchemy
from pyodbc_client import DRIVER


def prepare(connection):
    connection.timeout = 2


def reset(connection):
    connection.execute("{call sys.sp_reset_connection}")


options = f"?driver={quote_plus(DRIVER)}&TDS_Version=7.4&ClientCharset=UTF-8"
alchemy.everything("pyodbc", "?", prepare, reset, options)
