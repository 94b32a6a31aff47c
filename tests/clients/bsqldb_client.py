"""FreeTDS' bsqldb: batches through DB-Library."""

from common import DATABASE, USER
from freetds import everything


def bsqldb(password):
    return ["bsqldb", "-S", "box", "-U", USER, "-P", password, "-D", DATABASE, "-t", "|"]


everything(bsqldb, ["off", "request", "require"])
