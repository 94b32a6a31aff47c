//! SSISDB: procedures, views and the stores below them
