"""SQLAlchemy: what it asks while it connects, and what its inspector asks."""

from urllib.parse import quote_plus

import sqlalchemy

from common import DATABASE, PASSWORD, PORT, USER, check
from pyodbc_client import DRIVER

word = quote_plus(PASSWORD)
server = f"{USER}:{word}@127.0.0.1:{PORT}/{DATABASE}"
for url in [
    f"mssql+pymssql://{server}",
    f"mssql+pyodbc://{server}?driver={quote_plus(DRIVER)}&TDS_Version=7.4",
]:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text("SELECT :n"), {"n": 7}).scalar()
        check("parameter", found, 7)
    inspector = sqlalchemy.inspect(engine)
    assert "catalog" in inspector.get_schema_names()
    assert "folders" in inspector.get_view_names(schema="catalog")
    engine.dispose()
