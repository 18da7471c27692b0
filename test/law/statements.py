"""Statements of the random queries as trees: rendered as SQL, and made smaller one thing at a time."""
import copy
import re

FLOATS = ("float4", "float8")
TYPES = {"int4": "int", "int8": "bigint", "int2": "smallint", "num": "numeric", "text": "text", "key": "text", "bool": "boolean",
         "date": "date", "ts": "timestamp", "float4": "real", "float8": "double precision"}
# a constant that a prepared statement takes as a parameter: its number, kind and literal
PARAMETER = re.compile("\x02([0-9]+),([a-z0-9]+),([^\x03]*)\x03")


class Expr:
    """SQL, its type, the aliases it reads.

    fixed: equal values look alike, so that it may be a key; small: arithmetic on it cannot overflow; pool: literals of
    values that it has; domain: what it may be joined by.
    """
    def __init__(self, sql, kind, aliases=(), fixed=True, small=True, column=False, pool=None, domain=None):
        self.sql, self.kind, self.aliases, self.fixed, self.small = sql, kind, frozenset(aliases), fixed, small
        self.column, self.pool, self.domain = column, pool, domain


class Source:
    """One item of FROM: a table, a CTE, or a Query."""
    def __init__(self, join, relation, alias, on=(), lateral=False):
        self.join, self.relation, self.alias, self.on, self.lateral = join, relation, alias, list(on), lateral

    def render(self, first):
        inner = f"({self.relation.sql()})" if isinstance(self.relation, Query) else self.relation
        item = f"{'LATERAL ' * self.lateral}{inner} {self.alias}"
        if first:
            return f"FROM {item}"
        if self.join == "CROSS":
            return f"CROSS JOIN {item}"
        return f"{self.join} JOIN {item} ON " + (" AND ".join(e.sql for e in self.on) or "true")


class Query:
    def __init__(self):
        self.ctes = []              # (name, "" or [NOT ]MATERIALIZED, Query)
        self.sources = []
        self.where, self.select, self.having = [], [], []
        self.group = None           # None or a list of keys, which the select list begins with
        self.sets = ""              # of the keys, as GROUPING SETS or their like write them
        self.distinct = ""          # "", "DISTINCT" or "DISTINCT ON (...)"
        self.operations = []        # (UNION ALL, EXCEPT, ..., Query)
        self.order, self.ordered = [], ()   # texts, and which output columns they order by
        self.limit, self.offset = None, None
        self.key = None             # output columns of which no two rows have the same values
        self.generic = None         # plan_cache_mode of a prepared statement

    def sql(self):
        sql = []
        if self.ctes:
            sql.append("WITH " + ", ".join(f"{name} AS {how + ' ' * bool(how)}({q.sql()})" for name, how, q in self.ctes))
        sql.append("SELECT " + (self.distinct + " " if self.distinct else "")
                   + ", ".join(f"{e.sql} AS c{i + 1}" for i, e in enumerate(self.select)))
        sql += [s.render(at == 0) for at, s in enumerate(self.sources)]
        if self.where:
            sql.append("WHERE " + " AND ".join(e.sql for e in self.where))
        if self.group:
            sql.append("GROUP BY " + (self.sets or ", ".join(e.sql for e in self.group)))
        if self.having:
            sql.append("HAVING " + " AND ".join(e.sql for e in self.having))
        for operation, other in self.operations:
            sql.append(f"{operation} ({other.sql()})")
        if self.order:
            sql.append("ORDER BY " + ", ".join(self.order))
        if self.limit is not None:
            sql.append(f"LIMIT {self.limit}")
        if self.offset is not None:
            sql.append(f"OFFSET {self.offset}")
        return " ".join(sql)

    def render(self):
        """With the values of parameters in their places."""
        return PARAMETER.sub(r"\3", self.sql())

    def statement(self, name):
        """What is executed: the query, or PREPARE and EXECUTE."""
        sql, found = self.sql(), {}
        for number, kind, literal in PARAMETER.findall(sql):
            found.setdefault(number, (len(found) + 1, TYPES[kind], literal))
        if not found:
            return sql
        body = PARAMETER.sub(lambda m: f"${found[m[1]][0]}", sql)
        return (f"SET plan_cache_mode = {self.generic};\nPREPARE {name} ({', '.join(t for _, t, _ in found.values())}) AS {body};\n"
                f"EXECUTE {name} ({', '.join(v for _, _, v in found.values())})")

    def outputs(self, alias):
        """The select list, as columns of this query in a FROM clause."""
        return [Expr(f"{alias}.c{i + 1}", e.kind, [alias], e.fixed, e.small and e.column, True, e.pool, e.domain)
                for i, e in enumerate(self.select)]

    def floats(self):
        return {i for i, e in enumerate(self.select) if e.kind in FLOATS}

    def inner(self):
        """(holder, its attribute or index, Query) of each query directly inside."""
        for i, (_, _, q) in enumerate(self.ctes):
            yield "ctes", i, q
        for i, s in enumerate(self.sources):
            if isinstance(s.relation, Query):
                yield "sources", i, s.relation
        for i, (_, q) in enumerate(self.operations):
            yield "operations", i, q

    def put(self, where, i, query):
        if where == "sources":
            self.sources[i].relation = query
        else:
            self.__dict__[where][i] = self.__dict__[where][i][:-1] + (query,)

    def reads(self):
        """Aliases that its expressions read, those of outer queries included."""
        found = {a for e in self.where + self.select + self.having for a in e.aliases}
        found |= {a for s in self.sources for e in s.on for a in e.aliases}
        return found.union(*(q.reads() for _, _, q in self.inner()))

    def less(self, change):
        q = copy.deepcopy(self)
        change(q)
        return q

    def smaller(self):
        """Queries with one thing less; not all of them are legal SQL."""
        for i in range(len(self.operations)):
            yield self.less(lambda q, i=i: q.operations.pop(i))
            yield self.operations[i][1]
        for name, _, inner in self.ctes:
            yield inner
            if all(s.relation != name for s in self.sources):
                yield self.less(lambda q, name=name: setattr(q, "ctes", [c for c in q.ctes if c[0] != name]))
        for s in self.sources:
            if isinstance(s.relation, Query) and not s.lateral:
                yield s.relation
        for i, s in enumerate(self.sources):
            if i > 0 and not self.less(lambda q, i=i: q.sources.pop(i)).reads() & {s.alias}:
                yield self.less(lambda q, i=i: q.sources.pop(i))
            for j in range(len(s.on)):
                if len(s.on) > 1:
                    yield self.less(lambda q, i=i, j=j: q.sources[i].on.pop(j))
        if self.limit is not None or self.offset is not None:
            yield self.less(lambda q: q.__dict__.update(limit=None, offset=None))
        if self.order and not self.distinct.startswith("DISTINCT ON"):
            yield self.less(lambda q: q.__dict__.update(order=[], ordered=(), limit=None, offset=None))
        if self.sets:
            yield self.less(lambda q: setattr(q, "sets", ""))
        for name in ("where", "having"):
            for i in range(len(getattr(self, name))):
                yield self.less(lambda q, name=name, i=i: getattr(q, name).pop(i))
        if self.distinct == "DISTINCT":
            yield self.less(lambda q: setattr(q, "distinct", ""))
        if not self.order and not self.operations:
            keys = len(self.group or ())
            for i in range(len(self.select)):
                if len(self.select) > 1 and (i >= keys or not self.sets):
                    yield self.less(lambda q, i=i: q.__dict__.update(
                        select=q.select[:i] + q.select[i + 1:],
                        group=q.group[:i] + q.group[i + 1:] if i < keys else q.group))
        for where, i, inner in self.inner():
            for q in inner.smaller():
                yield self.less(lambda o, where=where, i=i, q=q: o.put(where, i, q))
