"""DuckDB's postgres scanner."""
import os

import duckdb
import duckdb_extension_postgres_scanner

folder = os.path.dirname(duckdb_extension_postgres_scanner.__file__)
db = duckdb.connect()
db.execute(f"LOAD '{folder}/extensions/v{duckdb.__version__}/postgres_scanner.duckdb_extension'")
where = " ".join(f"{k}={os.environ[v]}" for k, v in (("host", "PGHOST"), ("port", "PGPORT"), ("user", "PGUSER"), ("dbname", "PGDATABASE")))
db.execute(f"ATTACH '{where}' AS pg (TYPE postgres, READ_ONLY)")
tables = {(s, t) for s, t in db.execute(
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'pg'").fetchall()}
assert ("reports", "orders") in tables, tables
print("ok lists the views" + (", and foreign tables" if ("lake", "orders") in tables else ""))
assert str(db.execute("SELECT sum(price), max(note) FROM pg.reports.orders").fetchall()) == "[(Decimal('19.75'), 'first')]"
print("ok rows of a view")
assert db.execute("SELECT * FROM postgres_query('pg', 'SELECT count(*) FROM lake.orders')").fetchall() == [(2,)]
print("ok postgres_query sends a statement whole")
