"""FreeTDS' tsql, in every version of TDS."""

from common import DATABASE, PASSWORD, PORT, USER
from freetds import big_project, configure, everything, run, typed

SCRIPT = "SELECT N'\u00fc' AS a, CAST(NULL AS int) AS b, CAST(12.50 AS money) AS c"


def tsql(password):
    return ["tsql", "-S", "box", "-U", USER, "-P", password, "-D", DATABASE]


configure("off")
direct = ["tsql", "-H", "127.0.0.1", "-p", str(PORT), "-U", USER, "-P", PASSWORD, "-D", DATABASE]
for version in ["7.1", "7.2", "7.3", "7.4"]:
    said = run(direct, typed(direct, [SCRIPT]), TDSVER=version)
    assert "12.5" in said and "(1 row affected)" in said, f"{version}: {said}"
everything(tsql, ["off", "request", "require"], refused="18456")
big_project(tsql(PASSWORD))
