"""FreeTDS' bsqldb: batches through DB-Library."""

from common import DATABASE, USER
from freetds import everything


def bsqldb(password):
    return ["bsqldb", "-S", "box", "-U", USER, "-P", password, "-D", DATABASE, "-t", "|"]


# It shows no nvarchar(max), of SQL Server neither.
everything(bsqldb, ["off", "request", "require"], blank=["33"])
