"""Random queries over the tables of the law and of TPC-H.

Every query has one answer in PostgreSQL, whatever its plan: LIMIT stands where the order is total, so do row numbers
and their like, values that are equal but look different (1.5 and 1.50, 0 and -0) are no keys, floats are not summed,
and what may raise an error stands only where every plan evaluates it for the same rows.  What is left to differ is a
defect.  Constants are mostly values that the column has, so that few answers are empty.
"""
import copy
import random

from columns import EDGES, KEYS, TABLES, literal
from statements import FLOATS, Expr, Query, Source

PATTERNS = ["'%a%'", "'A%'", "'%s'", "'_a%'", "'%\\%%'", "'%0%1%'", "'%ü%'", "'%#1%'", "'%e%'", "'%  '", "'%'"]
INTEGERS = ("int2", "int4", "int8")
COUNTS = ["0", "1", "2", "3", "5", "10"]
# what is correlated is evaluated once a row
SMALL_TABLES = ("hurt", "quoted", "parts", "nation", "supplier", "customer", "part")


class Grammar:
    """values: what columns.values_of found."""
    def __init__(self, seed, values):
        self.r, self.values = random.Random(seed), values
        self.alias = self.parameters = 0
        self.prepared = self.r.random() < 0.2
        self.generic = self.r.choice(["force_generic_plan", "force_generic_plan", "force_custom_plan"])
        self.by_domain = {}
        for table, columns in TABLES.items():
            for name, _, *domain in columns:
                if domain:
                    self.by_domain.setdefault(domain[0], []).append((table, name))

    def chance(self, p):
        return self.r.random() < p

    def name(self):
        self.alias += 1
        return f"t{self.alias}"

    # ---- expressions ----

    def columns(self, table, alias):
        out = []
        for name, kind, *domain in TABLES[table]:
            kind, small = kind.rstrip("!"), not kind.endswith("!")
            out.append(Expr(f"{alias}.{name}", kind, [alias], kind not in FLOATS, small, True, self.values[table, name],
                            domain[0] if domain else None))
        return out

    def as_parameter(self, sql, kind):
        if not self.prepared or self.chance(0.4):
            return sql
        self.parameters += 1
        return f"\x02{self.parameters},{kind},{sql}\x03"

    def value_of(self, kind, pool):
        """The literal of a constant."""
        if pool and self.chance(0.67 if kind in FLOATS else 0.9):
            return self.r.choice(pool)
        sql = self.r.choice(EDGES[kind])
        return literal(kind, sql.strip("()")) if kind in ("float4", "float8", "int2", "int8") else sql

    def constant(self, kind, pool=None):
        return Expr(self.as_parameter(self.value_of(kind, pool), kind), kind)

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
                 f"greatest({a.sql}, {b.sql})", f"least({a.sql}, {b.sql}, 3)", f"({a.sql} > {b.sql})::int4"]
        out = Expr(r.choice(forms), "int4", a.aliases | b.aliases)
        number = self.pick(scope, "num", small=True)
        if text and self.chance(0.3):
            out = Expr(r.choice([f"length({text.sql})", f"position('a' in {text.sql})", f"strpos({text.sql}, 'e')"]), "int4", text.aliases)
        elif day and self.chance(0.3):
            field = r.choice(["year", "month", "day", "quarter", "doy", "dow", "isodow", "week"])
            out = Expr(f"extract({field} FROM {day.sql})::int4", "int4", day.aliases)
        elif number and number.column and number.pool and self.chance(0.15):
            out = Expr(f"({number.sql})::int4", "int4", number.aliases)
        return out

    def of_int8(self, scope, kind, depth):
        a = self.small_integer(scope)
        return Expr(f"({a.sql}::int8 {self.r.choice('+-*')} {self.r.randint(1, 1000)})", "int8", a.aliases)

    def of_num(self, scope, kind, depth):
        r = self.r
        a = self.pick(scope, "num", small=True) or self.small_integer(scope)
        b = self.pick(scope, "num", small=True) or Expr(r.choice(["1.5", "0.05", "12.50", "100"]), "num")
        forms = [f"({a.sql} {r.choice('+-*')} {b.sql})", f"({a.sql} * (1 - {b.sql}))", f"round({a.sql}::numeric, {r.randint(0, 2)})", f"abs({b.sql})",
                 f"({a.sql} / nullif({b.sql}, 0))", f"({a.sql} + 1)", f"floor({b.sql})", f"ceil({b.sql})", f"trunc({b.sql}, 1)",
                 f"({b.sql})::numeric(20,4)", f"({b.sql} % 7)"]
        return Expr(r.choice(forms), "num", a.aliases | b.aliases, False)

    def of_float4(self, scope, kind, depth):
        a = self.pick(scope, "float4") or self.constant("float4")
        b = self.small_integer(scope)
        return Expr(self.r.choice([f"abs({a.sql})", f"(- {a.sql})", f"{b.sql}::float4"]), "float4", a.aliases | b.aliases, False)

    def of_float8(self, scope, kind, depth):
        a = self.pick(scope, "float8") or self.constant("float8")
        b = self.small_integer(scope)
        n = self.pick(scope, "num", small=True) or b
        f = self.pick(scope, "float4") or a
        return Expr(self.r.choice([f"abs({a.sql})", f"(- {a.sql})", f"{b.sql}::float8", f"({b.sql}::float8 / 4)", f"{n.sql}::float8",
                                   f"{f.sql}::float8"]), "float8", a.aliases | b.aliases | n.aliases | f.aliases, False)

    def of_text(self, scope, kind, depth):
        r = self.r
        a, b = self.pick(scope, "text") or self.constant("text"), self.pick(scope, "text") or self.constant("text")
        n = self.pick(scope, "int", small=True) or Expr("7", "int4")
        t = self.pick(scope, r.choice(["date", "ts", "bool"])) or n
        forms = [f"({a.sql} || {b.sql})", f"substr({a.sql}, {r.randint(-1, 4)}, {r.randint(0, 5)})", f"substring({a.sql} FROM {r.randint(1, 3)})", f"upper({a.sql})",
                 f"lower({a.sql})", f"trim({a.sql})", f"ltrim({a.sql})", f"rtrim({a.sql})", f"replace({a.sql}, 'a', 'bc')", f"left({a.sql}, {r.randint(-2, 3)})",
                 f"right({a.sql}, {r.randint(-2, 3)})", f"reverse({a.sql})", f"concat({a.sql}, '-', {b.sql})", f"split_part({a.sql}, ' ', 2)",
                 f"lpad({a.sql}, 7, '*')", f"{n.sql}::text", f"({a.sql} || {n.sql})", f"starts_with({a.sql}, 'a')::text", f"translate({a.sql}, 'abc', 'xy')",
                 f"({a.sql})::varchar(3)::text", f"({t.sql})::text", f"md5({a.sql})", f"concat_ws('/', {a.sql}, {b.sql})"]
        return Expr(r.choice(forms), "text", a.aliases | b.aliases | n.aliases | t.aliases)

    def of_bool(self, scope, kind, depth):
        return self.condition(scope, depth - 1)

    def of_date(self, scope, kind, depth):
        r = self.r
        a = self.pick(scope, "date", small=True) or Expr("DATE '2024-01-31'", "date")
        t = self.pick(scope, "ts") or Expr("TIMESTAMP '2024-01-31 10:00:00.123'", "ts")
        forms = [f"({a.sql} {r.choice('+-')} {r.randint(0, 400)})", f"{t.sql}::date", f"({a.sql} + interval '{r.randint(1, 14)} month')::date",
                 f"date_trunc('{r.choice(['month', 'year', 'week', 'quarter'])}', {a.sql})::date"]
        return Expr(r.choice(forms), "date", a.aliases | t.aliases)

    def of_ts(self, scope, kind, depth):
        r = self.r
        a = self.pick(scope, "ts", small=True) or Expr("TIMESTAMP '2024-01-31 10:00:00.123'", "ts")
        d = self.pick(scope, "date") or Expr("DATE '2024-01-31'", "date")
        forms = [f"date_trunc('{r.choice(['hour', 'day', 'month', 'year', 'week', 'minute', 'second'])}', {a.sql})", f"{d.sql}::timestamp",
                 f"({a.sql} {r.choice('+-')} interval '{r.choice(['1 day', '90 minutes', '1 month', '1.5 seconds', '1 year'])}')"]
        return Expr(r.choice(forms), "ts", a.aliases | d.aliases)

    # ---- conditions ----

    def condition(self, scope, depth):
        r = self.r
        if depth > 0 and self.chance(0.3):
            a, b = self.condition(scope, depth - 1), self.condition(scope, depth - 1)
            return Expr(r.choice([f"({a.sql} OR {b.sql})", f"({a.sql} OR {b.sql})", f"({a.sql} AND {b.sql})", f"(NOT {a.sql})",
                                  f"(({a.sql}) IS {r.choice(['TRUE', 'NOT TRUE', 'NOT FALSE', 'NOT UNKNOWN'])})"]),
                        "bool", a.aliases | b.aliases)
        a = (self.pick(scope, r.choice(FLOATS)) if self.chance(0.1) else None) or self.pick(scope) or self.constant("int4")
        if depth > 0 and self.chance(0.3):
            a = self.value(scope, a.kind, depth - 1)
        if a.kind == "bool" and self.chance(0.5):
            return Expr(f"({a.sql})", "bool", a.aliases)
        return self.comparison(a, scope)

    def comparison(self, a, scope):
        """Of an expression with constants of its pool, mostly so that some rows pass."""
        r = self.r
        kind = "key" if a.sql.endswith(".region") else a.kind
        few = a.kind == "bool" or (a.pool is not None and len(a.pool) <= 8)
        form = r.randrange(12)
        if form < 5:
            op = r.choice(["=", "=", "<>", "<=", ">"] if few else ["<>", "<", "<=", ">", ">=", ">=", "="])
            b = self.constant(kind, a.pool)
            if self.chance(0.15):
                b = self.pick(scope, a.kind) or b
            collate = ' COLLATE "C"' if a.kind == "text" and self.chance(0.5) else ""
            return Expr(f"({a.sql} {op} {b.sql}{collate})", "bool", a.aliases | b.aliases)
        if form == 5:
            return Expr(f"({a.sql} IS {r.choice(['', 'NOT ', 'NOT '])}NULL)", "bool", a.aliases)
        if form in (6, 7):
            return self.in_list(a, kind)
        if form == 8:
            b = self.constant(kind, a.pool)
            return Expr(f"({a.sql} IS {r.choice(['', 'NOT '])}DISTINCT FROM {b.sql})", "bool", a.aliases)
        if form == 9 and a.kind == "text":
            return Expr(f"({a.sql} {r.choice(['', 'NOT '])}{r.choice(['LIKE', 'LIKE', 'ILIKE'])} {self.pattern(a)})", "bool", a.aliases)
        low, high = self.value_of(kind, a.pool), self.value_of(kind, a.pool)
        if a.pool and low in a.pool and high in a.pool and a.pool.index(low) > a.pool.index(high):
            low, high = high, low
        return Expr(f"({a.sql} {r.choice(['', '', 'NOT '])}BETWEEN {self.as_parameter(low, kind)} AND {self.as_parameter(high, kind)})",
                    "bool", a.aliases)

    def pattern(self, a):
        """A constant pattern; half of them a piece of a value."""
        texts = [t[1:-1] for t in a.pool or () if len(t) > 4 and not set(t[1:-1]) & set("'%_\\")]
        if not texts or self.chance(0.5):
            return self.r.choice(PATTERNS)
        t = self.r.choice(texts)
        n = self.r.randint(1, 3)
        return self.r.choice([f"'{t[:n]}%'", f"'%{t[-n:]}'", f"'%{t[1:1 + n]}%'", f"'{t[:1]}_%'"])

    def in_list(self, a, kind):
        r = self.r
        values = [self.value_of(kind, a.pool) for _ in range(r.randint(1, 12 if a.pool and len(a.pool) > 12 else 4))]
        values += r.sample(values, 1) * self.chance(0.15)
        if self.chance(0.15) and a.kind in ("int4", "int8", "text", "num", "date"):
            type_name = {"int4": "int", "int8": "int8", "text": "text", "num": "numeric", "date": "date"}[a.kind]
            array = f"ARRAY[{', '.join(values)}]::{type_name}[]"
            return Expr(f"({a.sql} {r.choice(['= ANY', '= ANY', '<> ALL', '>= ANY'] if kind != 'text' else ['= ANY', '<> ALL'])} ({array}))",
                        "bool", a.aliases)
        values = [self.as_parameter(v, kind) for v in values] + ["NULL"] * self.chance(0.1)
        return Expr(f"({a.sql} {r.choice(['', '', 'NOT '])}IN ({', '.join(values)}))", "bool", a.aliases)

    # ---- subqueries of conditions and of the select list ----

    def joinable(self, scope):
        """(a column of the scope, table, its column to be joined with it)"""
        found = [e for e in scope if e.domain]
        if not found:
            return None
        e = self.r.choice(found)
        table, column = self.r.choice(self.by_domain[e.domain])
        return e, table, column

    def inner_table(self, scope):
        """Of a subquery: what joinable gives, the table's alias and its columns."""
        found = self.joinable(scope)
        if found is None:
            return None
        alias = self.name()
        return (*found, alias, self.columns(found[1], alias))

    def subquery_condition(self, scope):
        """EXISTS, IN and comparisons with another table."""
        r = self.r
        found = self.inner_table(scope)
        if found is None:
            return None
        outer, table, column, alias, inner = found
        where = f" AND {self.condition(inner, 1).sql}" if self.chance(0.6) else ""
        form = r.randrange(6)
        no = r.choice(["", "", "NOT "])
        if form < 2:
            more = f" AND {self.comparison(self.pick(scope), inner).sql}" if self.chance(0.1) else ""
            sql = f"{no}EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.{column} = {outer.sql}{where}{more})"
        elif form < 4:
            guard = f"{alias}.{column} IS NOT NULL" if no and self.chance(0.7) else "true"
            sql = f"{outer.sql} {no}IN (SELECT {alias}.{column} FROM {table} {alias} WHERE {guard}{where})"
        elif form == 4:
            op = r.choice(["> ALL", "< ANY", "= ANY", "<> ALL"])
            sql = f"{outer.sql} {op} (SELECT {alias}.{column} FROM {table} {alias} WHERE {alias}.{column} IS NOT NULL{where})"
        else:
            key = self.pick(inner, "int", small=True)
            if key is None:
                return None
            sql = f"{r.choice(key.pool)} {r.choice(['<=', '>='])} {self.scalar_sql(outer, table, column, alias, key, where)}"
        return Expr(f"({sql})", "bool", outer.aliases)

    def scalar_sql(self, outer, table, column, alias, value, where):
        aggregate = self.r.choice(["max", "min", "avg", "sum", "count"])
        correlated = f"{alias}.{column} = {outer.sql}" if self.chance(0.4) else "true"
        return f"(SELECT {aggregate}({value.sql}) FROM {table} {alias} WHERE {correlated}{where})"

    def scalar_subquery(self, scope):
        """One value of another table for the select list."""
        found = self.inner_table(scope)
        if found is None:
            return None
        outer, table, column, alias, inner = found
        value = self.pick(inner, "int", small=True)
        if value is None:
            return None
        where = f" AND {self.condition(inner, 1).sql}" if self.chance(0.4) else ""
        return Expr(self.scalar_sql(outer, table, column, alias, value, where), "num", outer.aliases, False, False)

    # ---- FROM ----

    def add_source(self, q, scope, source, columns, key):
        """key: expressions that no two of its rows share, or None."""
        q.sources.append(source)
        scope.extend(columns)
        self.total = self.total + key if self.total is not None and key is not None else None

    def table_source(self, q, scope, table, join="", on_of=None):
        alias = self.name()
        columns = self.columns(table, alias)
        source = Source(join, table, alias, on_of(columns) if on_of else ())
        self.add_source(q, scope, source, columns, [e for e in columns if e.sql.split(".")[1] in KEYS[table]])

    def query_source(self, q, scope, inner, join="", on_of=None, relation=None, lateral=False):
        alias = self.name()
        columns = inner.outputs(alias)
        key = None if inner.key is None else [columns[i] for i in inner.key]
        self.add_source(q, scope, Source(join, relation or inner, alias, on_of(columns) if on_of else (), lateral), columns, key)

    def from_clause(self, q, depth):
        """Sources of a query; the columns that may be used, and self.total: what orders their rows totally."""
        r = self.r
        scope, self.total = [], []
        if depth > 0 and self.chance(0.15):
            inner = self.nested(depth - 1)
            name = self.name()
            q.ctes.append((name, r.choice(["", "MATERIALIZED", "NOT MATERIALIZED"]), inner))
            self.query_source(q, scope, inner, relation=name)
        elif depth > 0 and self.chance(0.25):
            self.query_source(q, scope, self.nested(depth - 1))
        else:
            self.table_source(q, scope, r.choice(list(TABLES)))
        for _ in range(r.choice([0, 0, 1, 1, 1, 2, 2, 3])):
            self.join(q, scope, depth)
        if depth > 0 and self.chance(0.08) and all(s.relation in SMALL_TABLES for s in q.sources):
            self.lateral(q, scope)
        return scope

    def join(self, q, scope, depth):
        r = self.r
        found = self.joinable(scope)
        if found is None:
            return
        outer, table, column = found
        join = r.choice(["INNER", "INNER", "LEFT", "LEFT", "RIGHT", "FULL"])

        def on_of(columns, at):
            on = [Expr(f"{outer.sql} = {at.sql}", "bool", outer.aliases | at.aliases)]
            if join != "FULL" and self.chance(0.25):
                on.append(self.condition(columns + scope if self.chance(0.4) else columns, 1))
            return on

        if q.ctes and self.chance(0.3):
            name, _, inner = q.ctes[0]
            at = [i for i, e in enumerate(inner.select) if e.domain == outer.domain]
            if at:
                self.query_source(q, scope, inner, join, lambda c: on_of(c, c[at[0]]), relation=name)
                return
        if depth > 0 and self.chance(0.25):
            inner = self.nested(depth - 1, (table, column))
            self.query_source(q, scope, inner, join, lambda c: on_of(c, c[0]))
            return
        self.table_source(q, scope, table, join, lambda c: on_of(c, next(e for e in c if e.sql.endswith("." + column))))

    def lateral(self, q, scope):
        """A subquery that reads the tables before it."""
        found = self.joinable(scope)
        if found is None:
            return
        outer, table, column = found
        inner, alias = Query(), self.name()
        columns = self.columns(table, alias)
        inner.sources = [Source("", table, alias)]
        at = next(e for e in columns if e.sql.endswith("." + column))
        inner.where = [Expr(f"{at.sql} {self.r.choice(['=', '=', '<='])} {outer.sql}", "bool", outer.aliases | {alias})]
        if self.chance(0.5):
            self.aggregates(inner, columns, [])
            inner.key = []
        else:
            inner.select = [e for e in columns if e.fixed][:4]
            keys = [e for e in columns if e.sql.split(".")[1] in KEYS[table]]
            inner.order = [k.sql for k in keys]
            inner.limit = self.r.choice([1, 2, 5])
            names = [e.sql for e in inner.select]
            inner.key = [names.index(k.sql) for k in keys] if all(k.sql in names for k in keys) else None
        total = self.total
        self.query_source(q, scope, inner, self.r.choice(["CROSS", "LEFT"]), lateral=True)
        self.total = self.total if total is not None else None

    # ---- select lists ----

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
        if a.kind == "text":
            names += ["string_agg"]
        elif a.fixed:
            names += ["array_agg"] * self.chance(0.3)
        name = r.choice(names)
        if self.chance(0.15):
            return self.filtered("count(*)", "int8", a.aliases, scope, True, COUNTS)
        if name in ("string_agg", "array_agg"):
            distinct = "DISTINCT " * self.chance(0.3)
            collate = ' COLLATE "C"' if a.kind == "text" else ""
            # the sum of the texts is bounded
            sql = (f"string_agg({distinct}left({a.sql}, 9){collate}, ',' ORDER BY left({a.sql}, 9){collate}{' DESC' * self.chance(0.2)})" if name == "string_agg"
                   else f"(array_agg({distinct}{a.sql} ORDER BY {a.sql}{' DESC' * self.chance(0.3)}))[1:5]::text")
            return Expr(sql, "text", a.aliases, True, False)
        collate = ' COLLATE "C"' if a.kind == "text" and name in ("min", "max") and self.chance(0.6) else ""
        distinct = "DISTINCT " if self.chance(0.15) and a.kind not in FLOATS and (
            name in ("count", "min", "max") or (a.fixed and name in ("sum", "avg"))) else ""
        kind = {"count": "int8", "avg": "num", "sum": "num" if a.kind in ("int8", "num") else "int8"}.get(name, a.kind)
        fixed = name != "avg" and (name != "sum" or a.fixed)
        return self.filtered(f"{name}({distinct}{a.sql}{collate})", kind, a.aliases, scope, fixed, COUNTS if name == "count" else None)

    def filtered(self, sql, kind, aliases, scope, fixed, pool):
        if self.chance(0.2):
            c = self.condition(scope, 1)
            sql, aliases = f"{sql} FILTER (WHERE {c.sql})", aliases | c.aliases
        return Expr(sql, kind, aliases, fixed, False, pool=pool)

    def key(self, scope):
        fixed = [e for e in scope if e.fixed]
        if not fixed:
            return None
        if self.chance(0.7):
            few = [e for e in fixed if e.pool and len(e.pool) < 30]
            return self.r.choice(few if few and self.chance(0.5) else fixed)
        kind = self.r.choice(["int4", "text", "bool", "date"])
        e = self.value(scope, kind, 1)
        # a constant would be a column's number, and as a key of sets up to 17 no key of ORDER BY
        return e if e.fixed and any(a + "." in e.sql for a in e.aliases) else self.r.choice(fixed)

    def aggregates(self, q, scope, keys):
        q.group = keys
        q.select = list(keys) + [self.aggregate(scope) for _ in range(self.r.randint(1, 3))]

    def grouped(self, q, scope):
        r = self.r
        keys = {}
        for _ in range(r.choice([0, 1, 1, 2, 2, 3])):
            k = self.key(scope)
            if k:
                keys[k.sql] = k
        self.aggregates(q, scope, list(keys.values()))
        q.key = list(range(len(q.group)))
        if q.group and self.chance(0.15):
            names = [k.sql for k in q.group]
            whole = ", ".join(names)
            q.sets = r.choice([f"ROLLUP ({whole})", f"CUBE ({whole})", f"GROUPING SETS (({whole}), ({names[0]}), ())",
                               f"{names[0]}, ROLLUP ({whole})"])
            q.select.append(Expr(f"grouping({names[0]})", "int4"))
            q.key = None
        if q.group and self.chance(0.3):
            q.having = [Expr(r.choice(["(count(*) > 1)", "(count(*) BETWEEN 1 AND 40)", "(count(*) <> 2)"]), "bool")]
            if self.chance(0.3):
                a = self.aggregate(scope)
                q.having.append(Expr(f"({a.sql} IS NOT NULL)", "bool", a.aliases))
        if self.chance(0.2):
            e = q.select[-1]
            if e.kind in ("int8", "num") and "FILTER" not in e.sql and not q.sets:
                q.select.append(Expr(f"({e.sql} + 1)" if e.kind == "num" else f"coalesce({e.sql}, 0)", e.kind, e.aliases, False, False))
        if q.group and not q.sets and self.chance(0.15):
            q.select.append(self.window_over_groups(q))
        elif q.group and not q.sets and self.chance(0.12) and all(e.fixed for e in q.select):
            q.distinct = "DISTINCT"
            # without a key or two, so that there is something to be made distinct
            q.select = q.select[r.randint(0, len(q.group)):]
            q.key = list(range(len(q.select)))

    def window_over_groups(self, q):
        r = self.r
        keys = ", ".join(k.sql for k in q.group)
        counted = [e for e in q.select[len(q.group):] if e.fixed and e.kind in INTEGERS] or [Expr("count(*)", "int8")]
        a = r.choice(counted)
        form = r.randrange(4)
        if form == 0:
            return Expr(f"rank() OVER (ORDER BY {a.sql} DESC)", "int8", a.aliases, pool=COUNTS)
        if form == 1:
            return Expr(f"row_number() OVER (ORDER BY {a.sql}, {keys})", "int8", a.aliases, pool=COUNTS)
        if form == 2:
            return Expr(f"sum(count(*)) OVER (PARTITION BY {q.group[0].sql})", "num", q.group[0].aliases, True, False)
        return Expr(f"lag({a.sql}) OVER (ORDER BY {keys})", a.kind, a.aliases, True, False)

    def window(self, scope):
        """A window function whose order is total within each partition, or whose value does not depend on it."""
        r = self.r
        fixed = [e for e in scope if e.fixed] or [Expr("1 + 1", "int4")]
        part = ", ".join(e.sql for e in r.sample(fixed, min(len(fixed), r.choice([0, 1, 1, 2]))))
        key = r.choice(fixed)
        partition = f"PARTITION BY {part} " if part else ""
        collate = ' COLLATE "C"' if key.kind == "text" and self.chance(0.7) else ""
        order = f"ORDER BY {key.sql}{collate} {r.choice(['', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST'])}".rstrip()
        n = self.pick(scope, "int", small=True) or self.pick(scope, "int")
        if self.total and all(e.fixed for e in self.total) and self.chance(0.5):
            total = order + "".join(f", {e.sql}" for e in self.total)
            return self.ordered_window(partition, total, fixed, n)
        form = r.randrange(4)
        if form < 2:
            name = r.choice(["rank()", "dense_rank()", "count(*)"] + ([f"sum({n.sql})"] if n else []))
            return Expr(f"{name} OVER ({partition}{order})", "num", small=False, pool=COUNTS)
        if form == 2 or n is None:
            return Expr(f"count(*) OVER ({partition.strip()})", "int8", pool=COUNTS)
        return Expr(f"{r.choice(['max', 'min', 'sum', 'avg'])}({n.sql}) OVER ({partition.strip()})", "num", (), False, False)

    def ordered_window(self, partition, total, fixed, n):
        r = self.r
        e = r.choice(fixed)
        frame = r.choice(["", " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                          " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"])
        choices = [("row_number()", "int8", ""), (f"lag({e.sql})", e.kind, ""), (f"lead({e.sql}, 2)", e.kind, ""),
                   (f"first_value({e.sql})", e.kind, frame), (f"last_value({e.sql})", e.kind, frame), (f"nth_value({e.sql}, 2)", e.kind, frame),
                   ("ntile(3)", "int4", "")]
        if n:
            choices.append((f"sum({n.sql})", "num", frame))
        function, kind, frame = r.choice(choices)
        return Expr(f"{function} OVER ({partition}{total}{frame})", kind, e.aliases, True, False, pool=COUNTS if kind == "int8" else None)

    def plain(self, q, scope, shape):
        r = self.r
        for _ in range(r.randint(1, 4)):
            q.select.append(self.pick(scope) if self.chance(0.6) else
                            self.value(scope, r.choice(["int4", "int8", "num", "text", "bool", "date", "ts", "float8"]), 2))
        if shape > 0.85:
            q.select.append(self.window(scope))
        elif shape > 0.75 and all(e.fixed for e in q.select):
            q.distinct = "DISTINCT"
            q.key = list(range(len(q.select)))
        elif shape > 0.72 and self.total and all(e.fixed for e in self.total):
            first = r.choice([e for e in scope if e.fixed])
            q.distinct = f"DISTINCT ON ({first.sql})"
            q.order = [first.sql] + [e.sql for e in self.total]
        elif shape > 0.66 and all(s.relation in SMALL_TABLES for s in q.sources):
            e = self.scalar_subquery(scope)
            if e:
                q.select.append(e)

    def keyed(self, q):
        """Are the columns that order the rows totally in the select list?"""
        names = [e.sql for e in q.select]
        if q.key is None and q.group is None and not q.distinct and self.total and all(e.sql in names for e in self.total):
            q.key = [names.index(e.sql) for e in self.total]

    def order_by(self, q):
        """ORDER BY, total with LIMIT."""
        r = self.r
        if not self.chance(0.4):
            return
        total = q.key is not None and all(q.select[i].fixed for i in q.key)
        everything = all(e.fixed for e in q.select)
        if not total and not everything:
            return
        columns = list(range(len(q.select))) if not total else q.key + [i for i in range(len(q.select)) if q.select[i].fixed and i not in q.key and self.chance(0.4)]
        if not columns:
            return
        r.shuffle(columns)
        limited = self.chance(0.6)
        if not limited and self.chance(0.5):
            columns = columns[:1]
        for i in columns:
            e = q.select[i]
            name = str(i + 1)
            if e.kind == "text" and not q.distinct and not q.operations and not q.sets and self.chance(0.7):
                name = f'{e.sql} COLLATE "C"'
            q.order.append(f"{name} {r.choice(['', '', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST'])}".strip())
        q.ordered = tuple(columns)
        if limited:
            q.limit = r.choice([1, 3, 10, 100] + [0] * self.chance(0.1))
            q.offset = r.choice([None, None, None, 0, 2])

    # ---- queries ----

    def block(self, depth, operations=False):
        """SELECT … FROM …, without ORDER BY."""
        q, r = Query(), self.r
        scope = self.from_clause(q, depth)
        total = self.total
        for _ in range(r.choice([0, 0, 1, 1, 1, 2])):
            q.where.append(self.condition(scope, 2))
        if self.chance(0.2):
            e = self.subquery_condition(scope)
            if e:
                q.where.append(e)
        self.total = total
        shape = r.random()
        if shape < 0.42:
            self.grouped(q, scope)
        else:
            self.plain(q, scope, shape)
            self.keyed(q)
        if operations and not q.order and not q.sets and self.chance(0.12):
            self.operation(q, scope)
        return q

    def operation(self, q, scope):
        """A set operation with a query of the same select list and other conditions."""
        other = copy.deepcopy(q)
        other.ctes, other.where = [], [self.condition(scope, 1)]
        same = all(e.fixed and e.kind not in FLOATS for e in q.select)
        if same and self.chance(0.5) and all(e.kind in ("int4", "int8", "text", "date") for e in q.select):
            # the same kinds of another table
            columns = self.columns(self.r.choice(list(TABLES)), self.name())
            found = [self.pick(columns, e.kind) for e in q.select]
            if all(found):
                alias = found[0].sql.split(".")[0]
                table = next(t for t, c in TABLES.items() if {f"{alias}.{n[0]}" for n in c} >= {e.sql for e in found})
                other = Query()
                other.sources, other.select = [Source("", table, alias)], found
        name = self.r.choice(["UNION ALL", "UNION ALL", "UNION", "EXCEPT", "EXCEPT ALL", "INTERSECT", "INTERSECT ALL"] if same else ["UNION ALL"])
        q.operations = [(name, other)]
        q.key = list(range(len(q.select))) if name in ("UNION", "EXCEPT", "INTERSECT") else None
        q.select = [Expr(e.sql, e.kind, e.aliases, e.fixed and (same or e.kind != "num"), e.small, e.column, e.pool, e.domain)
                    for e in q.select]

    def nested(self, depth, first=None):
        """A query for FROM; first: (table, column), which its first output shall be."""
        if first:
            q, table = Query(), first[0]
            alias = self.name()
            scope = self.columns(table, alias)
            q.sources = [Source("", table, alias)]
            at = next(e for e in scope if e.sql.endswith("." + first[1]))
            if self.chance(0.4):
                q.where.append(self.condition(scope, 1))
            if self.chance(0.5):
                self.aggregates(q, scope, [at])
                q.key = [0]
            else:
                q.select = [at] + [self.pick(scope) if self.chance(0.6) else self.value(scope, self.r.choice(["int4", "num", "text", "date"]), 1)
                                   for _ in range(self.r.randint(1, 3))]
                q.key = [0] if KEYS[table] == [first[1]] else None
            return q
        outer, self.total = getattr(self, "total", None), None
        q = self.block(depth, operations=True)
        if not q.order:
            self.order_by(q)
            if q.limit is None:
                q.order, q.ordered = [], ()
        self.total = outer
        return q

    def query(self):
        q = self.block(2, operations=True)
        if not q.order:
            self.order_by(q)
        q.generic = self.generic
        return q
