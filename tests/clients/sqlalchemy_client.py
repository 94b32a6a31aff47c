"""SQLAlchemy: what it asks while it connects, what its inspector asks, and its pool."""

from urllib.parse import quote_plus

import sqlalchemy
from sqlalchemy import text

import common
from common import DATABASE, MANY, PASSWORD, PORT, USER, check
from pyodbc_client import DRIVER

word = quote_plus(PASSWORD)
server = f"{USER}:{word}@127.0.0.1:{PORT}/{DATABASE}"
for url in [
    f"mssql+pymssql://{server}",
    f"mssql+pyodbc://{server}?driver={quote_plus(DRIVER)}&TDS_Version=7.4",
]:
    engine = sqlalchemy.create_engine(url, pool_size=1, max_overflow=0)
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
    inspector = sqlalchemy.inspect(engine)
    assert "catalog" in inspector.get_schema_names()
    assert "folders" in inspector.get_view_names(schema="catalog")
    columns = [column["name"] for column in inspector.get_columns("folders", schema="catalog")]
    check("columns", columns[:2], ["folder_id", "name"])
    for of in [inspector.get_indexes, inspector.get_foreign_keys]:
        check(of.__name__, of("folders", schema="catalog"), [])
    check("key", inspector.get_pk_constraint("folders", schema="catalog")["constrained_columns"], [])
    assert inspector.has_table("folders", schema="catalog")

    def read():
        with engine.connect().execution_options(stream_results=True) as connection:
            count = 0
            for row in connection.execute(text(MANY)).yield_per(1000):
                count, last = count + 1, row
            return count, last[2]

    common.is_constant(read)


    engine.dispose()
