"""What the random queries know of the tables: columns, keys, what joins what, and values that the columns have."""
import json

# table: columns as (name, type[, domain]); a type with "!" has values at its limits: no arithmetic that could overflow.
# Columns of one domain join without multiplying the rows beyond reason.
TABLES = {
    "reviews": [("review_id", "int8", "small"), ("product_category", "text"), ("star_rating", "int4"), ("sentiment", "int4"),
                ("helpful_votes", "int4"), ("price", "num"), ("verified_purchase", "bool"), ("review_date", "date"),
                ("reviewed_at", "ts"), ("review_headline", "text")],
    "hurt": [("id", "int4", "small"), ("b", "bool"), ("ti", "int2!"), ("si", "int2!"), ("i", "int4!", "small"),
             ("bi", "int8!", "small"), ("f", "float4"), ("d", "float8"), ("n", "num", "n"), ("big", "num!"), ("s", "text", "word"),
             ("v", "text", "word"), ("dt", "date!", "day"), ("ts", "ts!")],
    "quoted": [("id", "text"), ("a", "text", "word"), ("b", "text", "word")],
    "parts": [("id", "int4", "small"), ("word", "text", "word"), ("year", "int4"), ("region", "text"), ("day", "date", "day")],
    "nation": [("n_nationkey", "int4", "nation"), ("n_name", "text"), ("n_regionkey", "int4", "small")],
    "supplier": [("s_suppkey", "int8", "supplier"), ("s_name", "text"), ("s_nationkey", "int4", "nation"), ("s_acctbal", "num"),
                 ("s_phone", "text")],
    "customer": [("c_custkey", "int8", "customer"), ("c_name", "text"), ("c_nationkey", "int4", "nation"), ("c_acctbal", "num"),
                 ("c_mktsegment", "text")],
    "part": [("p_partkey", "int8", "part"), ("p_name", "text"), ("p_brand", "text"), ("p_type", "text"), ("p_size", "int4", "small"),
             ("p_retailprice", "num")],
    "partsupp": [("ps_partkey", "int8", "part"), ("ps_suppkey", "int8", "supplier"), ("ps_availqty", "int4"),
                 ("ps_supplycost", "num")],
    "orders": [("o_orderkey", "int8", "order"), ("o_custkey", "int8", "customer"), ("o_orderstatus", "text"),
               ("o_totalprice", "num"), ("o_orderdate", "date"), ("o_orderpriority", "text"), ("o_shippriority", "int4")],
    "lineitem": [("l_orderkey", "int8", "order"), ("l_partkey", "int8", "part"), ("l_suppkey", "int8", "supplier"),
                 ("l_linenumber", "int4"), ("l_quantity", "num"), ("l_extendedprice", "num"), ("l_discount", "num"),
                 ("l_returnflag", "text"), ("l_shipdate", "date"), ("l_commitdate", "date"), ("l_shipmode", "text")],
}
KEYS = {"reviews": ["review_id"], "hurt": ["id"], "quoted": ["id"], "parts": ["id"], "nation": ["n_nationkey"],
        "supplier": ["s_suppkey"], "customer": ["c_custkey"], "part": ["p_partkey"], "partsupp": ["ps_partkey", "ps_suppkey"],
        "orders": ["o_orderkey"], "lineitem": ["l_orderkey", "l_linenumber"]}
# values at the edges, of which one in ten constants is; one in three of floats
EDGES = {
    "int4": ["0", "1", "2", "3", "5", "12", "(-1)", "2023", "2147483647"], "int8": ["1", "3", "12", "100", "9223372036854775807"],
    "int2": ["0", "1", "5", "12", "-128", "32767"], "num": ["0", "1.5", "0.05", "12.50", "100", "(-1)", "1000.001", "99999999.99"],
    "float4": ["0", "-0", "1.5", "0.1", "12.5", "NaN", "-Infinity"],
    "float8": ["0", "-0", "1.5", "0.1", "12.5", "NaN", "Infinity", "1e300", "1e-60"],
    "text": ["''", "'a'", "'A'", "'eu'", "'plain'", "'trailing  '", "'O''Reilly'", "'Zürich ÄÖ ß'", "'素敵な色です'"],
    "key": ["'eu'", "'us'", "''"], "bool": ["true", "false"],
    "date": ["DATE '2024-01-31'", "DATE '1970-01-01'", "DATE '0001-01-01'", "DATE '9999-12-31'"],
    "ts": ["TIMESTAMP '2024-01-31 10:00:00.123'", "TIMESTAMP '1969-12-31 23:59:59.999'"],
}
SAMPLE = 40


def literal(kind, text):
    """A value's text as a constant of SQL."""
    if kind in ("text", "key"):
        return "'" + text.replace("'", "''") + "'"
    if kind in ("float4", "float8", "int2", "int8"):
        return f"'{text}'::{kind}"
    if kind in ("date", "ts"):
        return f"{'DATE' if kind == 'date' else 'TIMESTAMP'} '{text}'"
    if kind == "num" and text == "NaN":
        return "'NaN'::numeric"
    return f"({text})" if text.startswith("-") else text


def values_of(ask):
    """{(table, column): literals in the column's order}, from the heap; ask: SQL to text."""
    sql = []
    for table, columns in TABLES.items():
        for name, kind, *_ in columns:
            collate = ' COLLATE "C"' if kind == "text" else ""
            sql.append(f"SELECT '{table}', '{name}', (SELECT json_agg(v::text ORDER BY v{collate}) FROM "
                       f"(SELECT DISTINCT {name} AS v FROM {table} WHERE {name} IS NOT NULL) x)")
    out = {}
    for row in ask(" UNION ALL ".join(sql)):
        table, name, found = row
        kind = dict(c[:2] for c in TABLES[table])[name].rstrip("!")
        texts = [t for t in json.loads(found) if len(t) < 60 and all(c >= " " for c in t)]
        if name == "region":
            # Trino 476 asks Glue for partitions with the quote in 'O''Reilly' as it is, and fails
            texts = [t for t in texts if "'" not in t]
        step = max(1, (len(texts) - 1) // (SAMPLE - 1))
        out[table, name] = [literal(kind, t) for t in texts[::step]]
    return out
