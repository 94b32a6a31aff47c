"""unixODBC's isql with the driver of FreeTDS. Each line is a batch."""

from common import USER
from freetds import everything


def isql(password):
    return ["isql", "-b", "-e", "-v", "-d|", "box", USER, password]


everything(isql, ["off", "request", "require"], failed="ISQL.ERROR")
