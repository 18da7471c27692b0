"""SQLAlchemy's inspector and reflection, and pandas upon it."""
import datetime
import decimal
import os

import pandas
import sqlalchemy

engine = sqlalchemy.create_engine(
    "postgresql+psycopg://", connect_args={"host": os.environ["PGHOST"], "port": os.environ["PGPORT"], "user": os.environ["PGUSER"],
                                           "dbname": os.environ["PGDATABASE"]})
inspector = sqlalchemy.inspect(engine)
assert inspector.get_table_names(schema="lake") == []
assert inspector.get_foreign_table_names(schema="lake") == ["orders"]
assert inspector.get_view_names(schema="reports") == ["orders"]
print("ok get_table_names leaves foreign tables out, get_view_names has the views")

meta = sqlalchemy.MetaData()
orders = sqlalchemy.Table("orders", meta, schema="reports", autoload_with=engine)
assert [(c.name, str(c.type)) for c in orders.columns] == [
    ("id", "INTEGER"), ("day", "DATE"), ("price", "NUMERIC(10, 2)"), ("note", "TEXT")], orders.columns
assert inspector.get_table_comment("orders", schema="reports") == {"text": "what was sold"}
print("ok reflection of a view, with its comment")

with engine.connect() as c:
    rows = c.execute(sqlalchemy.select(orders).order_by(orders.c.id)).fetchall()
assert rows == [(1, datetime.date(2024, 1, 31), decimal.Decimal("12.50"), "first"),
                (2, datetime.date(2024, 2, 1), decimal.Decimal("7.25"), None)], rows
print("ok rows")

frame = pandas.read_sql_table("orders", engine, schema="reports")
assert list(frame["id"]) == [1, 2], frame
print("ok pandas.read_sql_table of a view")
