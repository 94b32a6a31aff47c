"""SQLAlchemy, over either of its drivers: what it asks while it connects, what its inspector asks,
its pool, and on connections that it makes all that the other clients of this folder do."""

from urllib.parse import quote_plus

import sqlalchemy
from sqlalchemy import text
from sqlalchemy.pool import NullPool

import common
from common import DATABASE, MANY, PASSWORD, PORT, USER, WAIT, ask, check, refused, soon

SERVER = f"127.0.0.1:{PORT}/{DATABASE}"
LOGIN = f"{USER}:{quote_plus(PASSWORD)}"


class Cursor:
    """A cursor of the driver on a connection of SQLAlchemy's, as its documentation has it for
    batches with several results. It keeps the connection, which else went back to the pool."""

    def __init__(self, connection):
        self.connection, self.cursor = connection, connection.cursor()

    def __getattr__(self, name):
        return getattr(self.cursor, name)


class Connection:
    """A connection that SQLAlchemy made."""

    def __init__(self, engine):
        self.connection = engine.raw_connection()

    def cursor(self):
        return Cursor(self.connection)


def pool(engine):
    with engine.connect() as connection:
        found = connection.execute(text("SELECT :n"), {"n": 7}).scalar()
        check("parameter", found, 7)
        session = connection.execute(text("SELECT @@SPID")).scalar()
        connection.execute(text("EXEC catalog.create_folder :name"), {"name": "Alchemy"})
    # What was not committed is rolled back before the connection is used again.
    with engine.connect() as connection:
        check("the pool's connection", connection.execute(text("SELECT @@SPID")).scalar(), session)
        found = connection.execute(text("SELECT name FROM catalog.folders WHERE name = 'Alchemy'"))
        check("rolled back", found.fetchall(), [])


def pool_with_reset(url, reset):
    """As SQLAlchemy's documentation has connections reset before they are used again."""
    options = {"pool_size": 1, "max_overflow": 0, "pool_reset_on_return": None}
    engine = sqlalchemy.create_engine(url, **options)

    def reset_mssql(connection, record, state):
        if not state.terminate_only:
            reset(connection)
        try:
            connection.rollback()
        except Exception as error:
            # FreeTDS's ODBC driver may not have seen that the reset ended its transaction.
            assert "(3903)" in str(error), error

    sqlalchemy.event.listen(engine, "reset", reset_mssql)
    left = "SELECT @@SPID, OBJECT_ID('tempdb..#left'), @@LANGUAGE"
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE #left (a int)"))
        connection.execute(text("SET LANGUAGE German"))
        session = connection.execute(text("SELECT @@SPID")).scalar()
        connection.execute(text("EXEC catalog.create_folder N'Alchemy'"))
    with engine.connect() as connection:
        check("reset", connection.execute(text(left)).fetchall(), [(session, None, "us_english")])
        found = connection.execute(text("SELECT name FROM catalog.folders WHERE name = 'Alchemy'"))
        check("rolled back", found.fetchall(), [])
    engine.dispose()


def inspector(engine):
    inspector = sqlalchemy.inspect(engine)
    assert "catalog" in inspector.get_schema_names()
    assert "folders" in inspector.get_view_names(schema="catalog")
    columns = [column["name"] for column in inspector.get_columns("folders", schema="catalog")]
    check("columns", columns[:2], ["folder_id", "name"])
    for of in [inspector.get_indexes, inspector.get_foreign_keys]:
        check(of.__name__, of("folders", schema="catalog"), [])
    key = inspector.get_pk_constraint("folders", schema="catalog")
    check("key", key["constrained_columns"], [])
    assert inspector.has_table("folders", schema="catalog")


def many_rows(engine):
    def read():
        with engine.connect().execution_options(stream_results=True) as connection:
            count = 0
            for row in connection.execute(text(MANY)).yield_per(1000):
                count, last = count + 1, row
            return count, last[2]

    common.is_constant(read)


def everything(driver, mark, timeout, reset, query=""):
    """`reset` calls what resets a connection of the driver's. `timeout` gives a connection of the driver two seconds for a statement, as the driver has
    it: in its arguments, or by a call on the connection."""
    url = f"mssql+{driver}://{LOGIN}@{SERVER}{query}"
    engine = sqlalchemy.create_engine(url, pool_size=1, max_overflow=0)
    pool(engine)
    pool_with_reset(url, reset)
    inspector(engine)
    many_rows(engine)
    engine.dispose()
    options = {"poolclass": NullPool, "isolation_level": "AUTOCOMMIT"}
    engine = sqlalchemy.create_engine(url, **options)

    def connect():
        return Connection(engine)

    common.scripts(connect)
    common.big_project(connect, mark)
    common.killed(connect)

    arguments = {} if callable(timeout) else timeout
    impatient = sqlalchemy.create_engine(url, connect_args=arguments, **options)
    if callable(timeout):
        sqlalchemy.event.listen(impatient, "connect", lambda raw, _: timeout(raw))
    waiting = Connection(impatient).cursor()
    refused("timeout", lambda: soon("timeout", lambda: ask(waiting, WAIT)))
    check("after the timeout", ask(connect().cursor(), "SELECT 5"), [(5,)])
    wrong = sqlalchemy.create_engine(url.replace(LOGIN, f"{USER}:wrong"), **options)
    refused("password", wrong.connect, "18456")
