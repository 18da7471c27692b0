"""Random queries over the tables of the law and of TPC-H.

Every query has one answer in PostgreSQL, whatever its plan: ORDER BY with LIMIT names all columns, values that are
equal but look different (1.5 and 1.50, 0 and -0) are no keys, floats are not summed, and what may raise an error
stands only where every plan evaluates it for the same rows.  What is left to differ is a defect.
"""
import copy
import random

# table: columns as (name, type[, bounds]); a type with "!" has values at its limits: no arithmetic that could overflow
TABLES = {
    "reviews": [("review_id", "int8"), ("product_category", "text"), ("star_rating", "int4"), ("sentiment", "int4"),
                ("helpful_votes", "int4"), ("price", "num"), ("verified_purchase", "bool"), ("review_date", "date"),
                ("reviewed_at", "ts"), ("review_headline", "text")],
    "hurt": [("id", "int4"), ("b", "bool"), ("ti", "int2!"), ("si", "int2!"), ("i", "int4!"), ("bi", "int8!"), ("f", "float4"),
             ("d", "float8"), ("n", "num"), ("big", "num!"), ("s", "text"), ("v", "text"), ("dt", "date!"), ("ts", "ts!")],
    "quoted": [("id", "text"), ("a", "text"), ("b", "text")],
    "parts": [("id", "int4"), ("word", "text"), ("year", "int4"), ("region", "text"), ("day", "date")],
    "nation": [("n_nationkey", "int4"), ("n_name", "text"), ("n_regionkey", "int4")],
    "supplier": [("s_suppkey", "int8"), ("s_name", "text"), ("s_nationkey", "int4"), ("s_acctbal", "num"), ("s_phone", "text")],
    "customer": [("c_custkey", "int8"), ("c_name", "text"), ("c_nationkey", "int4"), ("c_acctbal", "num"), ("c_mktsegment", "text")],
    "part": [("p_partkey", "int8"), ("p_name", "text"), ("p_brand", "text"), ("p_type", "text"), ("p_size", "int4"),
             ("p_retailprice", "num")],
    "partsupp": [("ps_partkey", "int8"), ("ps_suppkey", "int8"), ("ps_availqty", "int4"), ("ps_supplycost", "num")],
    "orders": [("o_orderkey", "int8"), ("o_custkey", "int8"), ("o_orderstatus", "text"), ("o_totalprice", "num"),
               ("o_orderdate", "date"), ("o_orderpriority", "text"), ("o_shippriority", "int4")],
    "lineitem": [("l_orderkey", "int8"), ("l_partkey", "int8"), ("l_suppkey", "int8"), ("l_linenumber", "int4"),
                 ("l_quantity", "num"), ("l_extendedprice", "num"), ("l_discount", "num"), ("l_returnflag", "text"),
                 ("l_shipdate", "date"), ("l_commitdate", "date"), ("l_shipmode", "text")],
}
# columns that join without multiplying the rows beyond reason
LINKS = [
    ("lineitem", "l_orderkey", "orders", "o_orderkey"), ("lineitem", "l_partkey", "part", "p_partkey"),
    ("lineitem", "l_suppkey", "supplier", "s_suppkey"), ("partsupp", "ps_partkey", "part", "p_partkey"),
    ("partsupp", "ps_suppkey", "supplier", "s_suppkey"), ("orders", "o_custkey", "customer", "c_custkey"),
    ("customer", "c_nationkey", "nation", "n_nationkey"), ("supplier", "s_nationkey", "nation", "n_nationkey"),
    ("hurt", "id", "parts", "id"), ("hurt", "i", "parts", "id"), ("hurt", "id", "reviews", "review_id"),
    ("hurt", "i", "hurt", "i"), ("hurt", "s", "hurt", "s"), ("hurt", "n", "hurt", "n"), ("hurt", "dt", "parts", "day"),
    ("parts", "id", "reviews", "review_id"), ("parts", "day", "parts", "day"), ("hurt", "id", "nation", "n_nationkey"),
    ("hurt", "bi", "customer", "c_custkey"), ("quoted", "a", "hurt", "s"), ("parts", "word", "quoted", "a"),
    ("parts", "id", "part", "p_partkey"), ("hurt", "v", "hurt", "s"), ("hurt", "b", "hurt", "b"),
]
CONSTANTS = {
    "int4": ["0", "1", "2", "3", "4", "5", "12", "17", "-1", "2023"], "int8": ["1", "3", "7", "12", "25", "33", "100", "9223372036854775807"],
    "int2": ["0", "1", "5", "12", "-128", "32767"], "num": ["0", "1.5", "0.05", "12.50", "100", "-1", "1000.001", "99999999.99"],
    "float4": ["0", "1.5", "0.1", "12.5", "'NaN'"], "float8": ["0", "1.5", "0.1", "12.5", "'NaN'", "'Infinity'", "1e300"],
    "text": ["''", "'a'", "'A'", "'eu'", "'one'", "'plain'", "'Books'", "'trailing  '", "'O''Reilly'", "'Zürich ÄÖ ß'", "'F'", "'MAIL'",
             "'Brand#23'", "'素敵な色です'"],
    "key": ["'eu'", "'us'", "''", "'a'"], "bool": ["true", "false"], "date": ["DATE '2024-01-31'", "DATE '2024-06-30'", "DATE '1995-03-15'", "DATE '1970-01-01'"],
    "ts": ["TIMESTAMP '2024-01-31 10:00:00.123'", "TIMESTAMP '2023-06-01 00:00:00'", "TIMESTAMP '1969-12-31 23:59:59.999'"],
}
PATTERNS = ["'%a%'", "'A%'", "'%s'", "'_a%'", "'%\\%%'", "'%0%1%'", "'%ü%'", "'%#1%'", "''", "'%  '"]
INTEGERS = ("int2", "int4", "int8")


class Expr:
    """SQL, its type, the aliases it reads; fixed: equal values look alike, so that it may be a key."""
    def __init__(self, sql, kind, aliases=(), fixed=True, small=True, column=False):
        self.sql, self.kind, self.aliases, self.fixed, self.small = sql, kind, frozenset(aliases), fixed, small
        self.column = column


class Query:
    def __init__(self):
        self.tables = []        # (join, source, alias, [Expr of ON])
        self.where, self.select, self.having = [], [], []
        self.group = None       # None or a list of keys, which the select list begins with
        self.sets = ""          # of the keys, as GROUPING SETS or their like write them
        self.distinct = False
        self.order, self.limit, self.offset = [], None, None
        self.union = None       # another Query

    def render(self):
        sql = ["SELECT " + ("DISTINCT " if self.distinct else "")
               + ", ".join(f"{e.sql} AS c{i + 1}" for i, e in enumerate(self.select))]
        for at, (join, source, alias, on) in enumerate(self.tables):
            sql.append(f"FROM {source} {alias}" if at == 0 else
                       f"{join} JOIN {source} {alias} ON " + " AND ".join(e.sql for e in on))
        if self.where:
            sql.append("WHERE " + " AND ".join(e.sql for e in self.where))
        if self.group:
            sql.append("GROUP BY " + (self.sets or ", ".join(e.sql for e in self.group)))
        if self.having:
            sql.append("HAVING " + " AND ".join(e.sql for e in self.having))
        if self.union:
            sql.append("UNION ALL " + self.union.render())
        if self.order:
            sql.append("ORDER BY " + ", ".join(self.order))
        if self.limit is not None:
            sql.append(f"LIMIT {self.limit}")
        if self.offset is not None:
            sql.append(f"OFFSET {self.offset}")
        return " ".join(sql)

    def floats(self):
        return {i for i, e in enumerate(self.select) if e.kind in ("float4", "float8")}

    def smaller(self):
        """Queries with one thing less; not all of them are legal SQL."""
        def less(change):
            q = copy.deepcopy(self)
            change(q)
            return q
        if self.union:
            yield less(lambda q: setattr(q, "union", None))
        if self.limit is not None or self.offset is not None:
            yield less(lambda q: q.__dict__.update(limit=None, offset=None))
        if self.order:
            yield less(lambda q: q.__dict__.update(order=[], limit=None, offset=None))
        if self.sets:
            yield less(lambda q: setattr(q, "sets", ""))
        for name in ("where", "having"):
            for i in range(len(getattr(self, name))):
                yield less(lambda q, name=name, i=i: getattr(q, name).pop(i))
        if self.distinct:
            yield less(lambda q: setattr(q, "distinct", False))
        if not self.order and not self.union:
            keys = len(self.group or ())
            for i in range(len(self.select)):
                if len(self.select) > 1 and (i >= keys or not self.sets):
                    yield less(lambda q, i=i: q.__dict__.update(
                        select=q.select[:i] + q.select[i + 1:],
                        group=q.group[:i] + q.group[i + 1:] if i < keys else q.group))
        for i, (_, _, alias, on) in enumerate(self.tables):
            used = {a for e in self.where + self.select + self.having for a in e.aliases}
            used |= {a for j, t in enumerate(self.tables) if j != i for e in t[3] for a in e.aliases}
            if i > 0 and alias not in used:
                yield less(lambda q, i=i: q.tables.pop(i))
            for j in range(len(on)):
                if len(on) > 1:
                    yield less(lambda q, i=i, j=j: q.tables[i][3].pop(j))


class Grammar:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.alias = 0

    def chance(self, p):
        return self.r.random() < p

    # ---- expressions ----

    def columns(self, table, alias):
        out = []
        for name, kind in TABLES[table]:
            kind, small = kind.rstrip("!"), not kind.endswith("!")
            out.append(Expr(f"{alias}.{name}", kind, [alias], kind not in ("float4", "float8"), small, True))
        return out

    def constant(self, kind):
        sql = self.r.choice(CONSTANTS[kind])
        if kind in ("float4", "float8", "int2", "int8"):
            sql = f"{sql if sql[0] == chr(39) else '(' + sql + ')'}::{kind}"
        elif sql.startswith("-"):
            sql = f"({sql})"
        return Expr(sql, kind)

    def pick(self, scope, kind=None, small=False):
        wanted = [e for e in scope if (kind is None or e.kind == kind or (kind == "int" and e.kind in INTEGERS))
                  and (e.small or not small)]
        return self.r.choice(wanted) if wanted else None

    def value(self, scope, kind, depth):
        """An expression of a kind that never raises an error."""
        r = self.r
        if depth <= 0 or self.chance(0.25):
            return self.pick(scope, kind) or self.constant(kind)
        form = r.randrange(4)
        if form == 0:
            c, a, b = self.condition(scope, depth - 1), self.value(scope, kind, depth - 1), self.value(scope, kind, depth - 1)
            tail = f" ELSE {b.sql}" if self.chance(0.8) else ""
            return Expr(f"CASE WHEN {c.sql} THEN {a.sql}{tail} END", kind, c.aliases | a.aliases | b.aliases, kind != "num" and a.fixed and b.fixed,
                        a.small and b.small)
        if form == 1:
            a, b = self.value(scope, kind, depth - 1), self.value(scope, kind, depth - 1)
            return Expr(f"{r.choice(['coalesce', 'coalesce', 'nullif'])}({a.sql}, {b.sql})", kind, a.aliases | b.aliases,
                        kind != "num" and a.fixed and b.fixed, a.small and b.small)
        return getattr(self, "of_" + kind, self.of_any)(scope, kind, depth)

    def of_any(self, scope, kind, depth):
        return self.pick(scope, kind) or self.constant(kind)

    def small_integer(self, scope):
        return self.pick(scope, "int4", small=True) or Expr(str(self.r.randint(0, 9)), "int4")

    def of_int4(self, scope, kind, depth):
        r = self.r
        a, b = self.small_integer(scope), self.small_integer(scope)
        text = self.pick(scope, "text")
        day = self.pick(scope, "date", small=True) or self.pick(scope, "ts", small=True)
        forms = [f"({a.sql} {r.choice('+-*')} {r.randint(1, 9)})", f"({a.sql} {r.choice('+-')} {b.sql})", f"({a.sql} / {r.choice([2, 3, 7, -2])})",
                 f"({a.sql} % {r.choice([2, 3, 7, -3])})", f"abs({a.sql})", f"(- {a.sql})", f"sign({a.sql})::int4",
                 f"greatest({a.sql}, {b.sql})", f"least({a.sql}, {b.sql}, 3)"]
        out = Expr(r.choice(forms), "int4", a.aliases | b.aliases)
        if text and self.chance(0.3):
            out = Expr(r.choice([f"length({text.sql})", f"position('a' in {text.sql})", f"strpos({text.sql}, 'e')"]), "int4", text.aliases)
        elif day and self.chance(0.3):
            field = r.choice(["year", "month", "day", "quarter", "doy", "dow", "isodow", "week"])
            out = Expr(f"extract({field} FROM {day.sql})::int4", "int4", day.aliases)
        return out

    def of_int8(self, scope, kind, depth):
        a = self.small_integer(scope)
        return Expr(f"({a.sql}::int8 {self.r.choice('+-*')} {self.r.randint(1, 1000)})", "int8", a.aliases)

    def of_num(self, scope, kind, depth):
        r = self.r
        a = self.pick(scope, "num", small=True) or self.small_integer(scope)
        b = self.pick(scope, "num", small=True) or self.constant("num")
        forms = [f"({a.sql} {r.choice('+-*')} {b.sql})", f"({a.sql} * (1 - {b.sql}))", f"round({a.sql}::numeric, {r.randint(0, 2)})", f"abs({b.sql})",
                 f"({a.sql} / nullif({b.sql}, 0))", f"({a.sql} + 1)", f"floor({b.sql})", f"ceil({b.sql})", f"trunc({b.sql}, 1)",
                 f"({b.sql})::numeric(20,4)", f"({b.sql} % 7)"]
        return Expr(r.choice(forms), "num", a.aliases | b.aliases, False)

    def of_float8(self, scope, kind, depth):
        a = self.pick(scope, "float8") or self.constant("float8")
        b = self.small_integer(scope)
        return Expr(self.r.choice([f"abs({a.sql})", f"(- {a.sql})", f"{b.sql}::float8", f"({b.sql}::float8 / 4)"]), "float8", a.aliases | b.aliases, False)

    def of_text(self, scope, kind, depth):
        r = self.r
        a, b = self.pick(scope, "text") or self.constant("text"), self.pick(scope, "text") or self.constant("text")
        n = self.pick(scope, "int", small=True) or self.constant("int4")
        forms = [f"({a.sql} || {b.sql})", f"substr({a.sql}, {r.randint(-1, 4)}, {r.randint(0, 5)})", f"substring({a.sql} FROM {r.randint(1, 3)})", f"upper({a.sql})",
                 f"lower({a.sql})", f"trim({a.sql})", f"ltrim({a.sql})", f"rtrim({a.sql})", f"replace({a.sql}, 'a', 'bc')", f"left({a.sql}, {r.randint(-2, 3)})",
                 f"right({a.sql}, {r.randint(-2, 3)})", f"reverse({a.sql})", f"concat({a.sql}, '-', {b.sql})", f"split_part({a.sql}, ' ', 2)",
                 f"lpad({a.sql}, 7, '*')", f"{n.sql}::text", f"({a.sql} || {n.sql})", f"starts_with({a.sql}, 'a')::text", f"translate({a.sql}, 'abc', 'xy')"]
        return Expr(r.choice(forms), "text", a.aliases | b.aliases | n.aliases)

    def of_bool(self, scope, kind, depth):
        return self.condition(scope, depth - 1)

    def of_date(self, scope, kind, depth):
        r = self.r
        a = self.pick(scope, "date", small=True) or self.constant("date")
        t = self.pick(scope, "ts") or self.constant("ts")
        forms = [f"({a.sql} {r.choice('+-')} {r.randint(0, 400)})", f"{t.sql}::date", f"({a.sql} + interval '{r.randint(1, 14)} month')::date",
                 f"date_trunc('{r.choice(['month', 'year', 'week', 'quarter'])}', {a.sql})::date"]
        return Expr(r.choice(forms), "date", a.aliases | t.aliases)

    def of_ts(self, scope, kind, depth):
        r = self.r
        a = self.pick(scope, "ts", small=True) or self.constant("ts")
        d = self.pick(scope, "date") or self.constant("date")
        forms = [f"date_trunc('{r.choice(['hour', 'day', 'month', 'year', 'week', 'minute', 'second'])}', {a.sql})", f"{d.sql}::timestamp",
                 f"({a.sql} {r.choice('+-')} interval '{r.choice(['1 day', '90 minutes', '1 month', '1.5 seconds', '1 year'])}')"]
        return Expr(r.choice(forms), "ts", a.aliases | d.aliases)

    # ---- conditions ----

    def condition(self, scope, depth):
        r = self.r
        if depth > 0 and self.chance(0.3):
            a, b = self.condition(scope, depth - 1), self.condition(scope, depth - 1)
            return Expr(r.choice([f"({a.sql} OR {b.sql})", f"({a.sql} AND {b.sql})", f"(NOT {a.sql})", f"(({a.sql}) IS {r.choice(['TRUE', 'NOT TRUE', 'FALSE', 'UNKNOWN'])})"]),
                        "bool", a.aliases | b.aliases)
        a = self.pick(scope) or self.constant("int4")
        if depth > 0 and self.chance(0.4):
            a = self.value(scope, a.kind, depth - 1)
        if a.kind == "bool" and self.chance(0.5):
            return Expr(f"({a.sql})", "bool", a.aliases)
        if a.sql.endswith(".region"):
            # Trino 476 asks Glue for partitions with the quote in 'O''Reilly' as it is, and fails
            a = Expr(a.sql, "key", a.aliases)
        b = self.constant(a.kind)
        if self.chance(0.2):
            b = self.pick(scope, a.kind) or b
        ops = ["=", "<>", "<", "<=", ">", ">="]
        op = r.choice(ops)
        both = a.aliases | b.aliases
        form = r.randrange(10)
        if form < 5:
            collate = ' COLLATE "C"' if a.kind in ("text", "key") and self.chance(0.5) else ""
            return Expr(f"({a.sql} {op} {b.sql}{collate})", "bool", both)
        if form == 5:
            return Expr(f"({a.sql} IS {r.choice(['', 'NOT '])}NULL)", "bool", a.aliases)
        if form == 6:
            values = ", ".join(self.constant(a.kind).sql for _ in range(r.randint(1, 4))) + (", NULL" if self.chance(0.1) else "")
            return Expr(f"({a.sql} {r.choice(['', 'NOT '])}IN ({values}))", "bool", a.aliases)
        if form == 7:
            return Expr(f"({a.sql} IS {r.choice(['', 'NOT '])}DISTINCT FROM {b.sql})", "bool", both)
        if form == 8 and a.kind == "text":
            return Expr(f"({a.sql} {r.choice(['', 'NOT '])}{r.choice(['LIKE', 'LIKE', 'ILIKE'])} {r.choice(PATTERNS)})", "bool", a.aliases)
        low, high = self.constant(a.kind), self.constant(a.kind)
        return Expr(f"({a.sql} {r.choice(['', 'NOT '])}BETWEEN {low.sql} AND {high.sql})", "bool", a.aliases)

    def subquery_condition(self, tables):
        """EXISTS, IN and comparisons with another table."""
        r = self.r
        found = self.link_to({t: a for _, t, a, _ in tables if t in TABLES})
        if found is None:
            return None
        outer, (table, column) = found
        self.alias += 1
        alias = f"s{self.alias}"
        scope = self.columns(table, alias)
        inner = f" AND {self.condition(scope, 1).sql}" if self.chance(0.6) else ""
        name = outer.sql.split(".")[0]
        form = r.randrange(5)
        no = r.choice(["", "NOT "])
        if form < 2:
            sql = f"{no}EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.{column} = {outer.sql}{inner})"
        elif form < 4:
            sql = f"{outer.sql} {no}IN (SELECT {alias}.{column} FROM {table} {alias} WHERE true{inner})"
        else:
            agg = r.choice(["max", "min", "avg"]) if scope[0].kind != "text" else "max"
            key = self.pick(scope, "int", small=True)
            if key is None:
                return None
            correlated = f"{alias}.{column} = {outer.sql}" if self.chance(0.3) else "true"
            sql = f"{self.r.randint(0, 50)} {r.choice(['<', '>='])} (SELECT {agg}({key.sql}) FROM {table} {alias} WHERE {correlated}{inner})"
        return Expr(f"({sql})", "bool", [name])

    # ---- FROM ----

    def link_to(self, present):
        """(column of a present table, (table, column) to be joined to it)"""
        choices = []
        for a, ac, b, bc in LINKS:
            if a in present:
                choices.append((a, ac, b, bc))
            if b in present and a != b:
                choices.append((b, bc, a, ac))
        if not choices:
            return None
        a, ac, b, bc = self.r.choice(choices)
        return Expr(f"{present[a]}.{ac}", "key", [present[a]]), (b, bc)

    def from_clause(self, q):
        r = self.r
        first = r.choice(list(TABLES))
        scope, present = [], {}

        def add(join, table, on_of):
            self.alias += 1
            alias = f"t{self.alias}"
            columns = self.columns(table, alias)
            q.tables.append((join, table, alias, on_of(alias, columns)))
            present.setdefault(table, alias)
            scope.extend(columns)

        add("", first, lambda a, c: [])
        for _ in range(r.choice([0, 0, 1, 1, 1, 2, 2, 3])):
            found = self.link_to(present)
            if found is None:
                break
            outer, (table, column) = found
            join = r.choice(["INNER", "INNER", "LEFT", "LEFT", "RIGHT", "FULL"])

            def on_of(alias, columns, outer=outer, column=column, join=join):
                on = [Expr(f"{outer.sql} = {alias}.{column}", "bool", outer.aliases | {alias})]
                if join != "FULL" and self.chance(0.3):
                    on.append(self.condition(columns + scope if self.chance(0.4) else columns, 1))
                return on
            add(join, table, on_of)
        return scope

    # ---- queries ----

    def aggregate(self, scope):
        r = self.r
        a = self.pick(scope) if self.chance(0.7) else self.value(scope, r.choice(["int4", "num", "text", "date"]), 1)
        names = ["count", "count"]
        if a.kind in ("int2", "int4", "int8", "num"):
            names += ["sum", "avg"] * 2
        if a.kind in ("int2", "int4", "int8", "date", "ts", "text") or (a.kind == "num" and a.fixed):
            names += ["min", "max"]
        if a.kind == "bool":
            names += ["bool_and", "bool_or", "every"]
        if self.chance(0.15):
            sql, kind = "count(*)", "int8"
        else:
            name = r.choice(names)
            collate = ' COLLATE "C"' if a.kind == "text" and name in ("min", "max") and self.chance(0.6) else ""
            distinct = "DISTINCT " if self.chance(0.15) and a.kind not in ("float4", "float8") and (
                name in ("count", "min", "max") or (a.fixed and name in ("sum", "avg"))) else ""
            sql = f"{name}({distinct}{a.sql}{collate})"
            kind = {"count": "int8", "avg": "num", "sum": "num"}.get(name, a.kind)
        if self.chance(0.2):
            c = self.condition(scope, 1)
            return Expr(f"{sql} FILTER (WHERE {c.sql})", kind, a.aliases | c.aliases, True)
        return Expr(sql, kind, a.aliases, True)

    def key(self, scope):
        if self.chance(0.7):
            e = self.r.choice([e for e in scope if e.fixed])
            return Expr(e.sql, e.kind, e.aliases, True, e.small)
        kind = self.r.choice(["int4", "text", "bool", "date"])
        e = self.value(scope, kind, 1)
        # a constant would be a column's number
        return e if e.fixed and e.aliases else self.key(scope)

    def grouped(self, q, scope):
        r = self.r
        keys = {}
        for _ in range(r.choice([0, 1, 1, 2, 2, 3])):
            k = self.key(scope)
            keys[k.sql] = k
        q.group = list(keys.values())
        q.select = list(q.group) + [self.aggregate(scope) for _ in range(r.randint(1, 3))]
        if q.group and self.chance(0.15):
            names = [k.sql for k in q.group]
            whole = ", ".join(names)
            q.sets = r.choice([f"ROLLUP ({whole})", f"CUBE ({whole})", f"GROUPING SETS (({whole}), ({names[0]}), ())"])
            q.select.append(Expr(f"grouping({names[0]})", "int4"))
        if self.chance(0.3):
            q.having = [Expr(f"({r.choice(['count(*) > 1', 'count(*) BETWEEN 1 AND 40', 'count(*) <> 2'])})", "bool")]
        if self.chance(0.2):
            e = q.select[-1]
            if e.kind in ("int8", "num") and "FILTER" not in e.sql:
                q.select.append(Expr(f"({e.sql} + 1)" if e.kind == "num" else f"coalesce({e.sql}, 0)", e.kind, e.aliases, False))

    def window(self, scope):
        """A window function whose order is total within each partition, or whose value does not depend on it."""
        r = self.r
        fixed = [e for e in scope if e.fixed]
        part = ", ".join(e.sql for e in r.sample(fixed, min(len(fixed), r.choice([0, 1, 1, 2]))))
        key = self.r.choice(fixed)
        partition = f"PARTITION BY {part}" if part else ""
        collate = ' COLLATE "C"' if key.kind == "text" and self.chance(0.7) else ""
        order = f"ORDER BY {key.sql}{collate} {r.choice(['', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST'])}"
        n = self.pick(scope, "int", small=True) or self.pick(scope, "int")
        form = r.randrange(4)
        if form < 2:
            name = r.choice(["rank()", "dense_rank()", "count(*)"] + ([f"sum({n.sql})"] if n else []))
            return Expr(f"{name} OVER ({partition} {order})", "num", fixed=True)
        if form == 2 or n is None:
            return Expr(f"count(*) OVER ({partition})", "int8")
        return Expr(f"{r.choice(['max', 'min', 'sum', 'avg'])}({n.sql}) OVER ({partition})", "num")

    def query(self):
        q, r = Query(), self.r
        self.alias = 0
        scope = self.from_clause(q)
        for _ in range(r.choice([0, 0, 1, 1, 1, 2, 3])):
            q.where.append(self.condition(scope, 2))
        if self.chance(0.2):
            e = self.subquery_condition(q.tables)
            if e:
                q.where.append(e)
        shape = r.random()
        if shape < 0.45:
            self.grouped(q, scope)
        else:
            for _ in range(r.randint(1, 4)):
                q.select.append(self.pick(scope) if self.chance(0.5) else
                                self.value(scope, r.choice(["int4", "int8", "num", "text", "bool", "date", "ts", "float8"]), 2))
            if shape > 0.88:
                q.select.append(self.window(scope))
            elif shape > 0.75:
                q.distinct = all(e.fixed for e in q.select)
            elif shape > 0.70 and len(q.tables) == 1:
                q.union = copy.deepcopy(q)
                q.union.where = [self.condition(scope, 1)]
        if not q.union and self.chance(0.35) and all(e.fixed for e in q.select):
            q.order = [f"{i + 1} {r.choice(['', '', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST'])}".strip() for i in range(len(q.select))]
            r.shuffle(q.order)
            if self.chance(0.6):
                q.limit = r.choice([0, 1, 3, 10, 100])
                q.offset = r.choice([None, None, 0, 2, 20])
        return q
