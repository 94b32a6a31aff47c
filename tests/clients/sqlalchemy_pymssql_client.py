"""SQLAlchemy over pymssql."""

import alchemy

alchemy.everything("pymssql", "%s", {"timeout": 2})
