"""The eight tables of TPC-H, seeded and small: the columns, keys and value sets of its definition (revision 3), texts of our own.

Rows are lists of texts, as they stand in the objects.  Where the definition leaves the distribution open, or a small
scale would leave a query without rows, some parts and orders are chosen so that each of the 22 queries has an answer.
"""
import datetime
import random
import re

# SF 0.0025: 375 customers, 500 parts, 3,750 orders; but 50 suppliers, two of each nation
SCALE = 0.0025

COLUMNS = {
    "region": "r_regionkey int, r_name varchar(25), r_comment varchar(152)",
    "nation": "n_nationkey int, n_name varchar(25), n_regionkey int, n_comment varchar(152)",
    "supplier": "s_suppkey bigint, s_name varchar(25), s_address varchar(40), s_nationkey int, s_phone varchar(15), "
                "s_acctbal decimal(15,2), s_comment varchar(101)",
    "customer": "c_custkey bigint, c_name varchar(25), c_address varchar(40), c_nationkey int, c_phone varchar(15), "
                "c_acctbal decimal(15,2), c_mktsegment varchar(10), c_comment varchar(117)",
    "part": "p_partkey bigint, p_name varchar(55), p_mfgr varchar(25), p_brand varchar(10), p_type varchar(25), "
            "p_size int, p_container varchar(10), p_retailprice decimal(15,2), p_comment varchar(23)",
    "partsupp": "ps_partkey bigint, ps_suppkey bigint, ps_availqty int, ps_supplycost decimal(15,2), ps_comment varchar(199)",
    "orders": "o_orderkey bigint, o_custkey bigint, o_orderstatus varchar(1), o_totalprice decimal(15,2), o_orderdate date, "
              "o_orderpriority varchar(15), o_clerk varchar(15), o_shippriority int, o_comment varchar(79)",
    "lineitem": "l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber int, l_quantity decimal(15,2), "
                "l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag varchar(1), "
                "l_linestatus varchar(1), l_shipdate date, l_commitdate date, l_receiptdate date, "
                "l_shipinstruct varchar(25), l_shipmode varchar(10), l_comment varchar(44)",
}
KEYS = {"region": ["r_regionkey"], "nation": ["n_nationkey"], "supplier": ["s_suppkey"], "customer": ["c_custkey"],
        "part": ["p_partkey"], "partsupp": ["ps_partkey", "ps_suppkey"], "orders": ["o_orderkey"],
        "lineitem": ["l_orderkey", "l_linenumber"]}
REFERENCES = [("nation", ["n_regionkey"], "region"), ("supplier", ["s_nationkey"], "nation"),
              ("customer", ["c_nationkey"], "nation"), ("partsupp", ["ps_partkey"], "part"),
              ("partsupp", ["ps_suppkey"], "supplier"), ("orders", ["o_custkey"], "customer"),
              ("lineitem", ["l_orderkey"], "orders"), ("lineitem", ["l_partkey", "l_suppkey"], "partsupp")]

REGIONS = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"]
NATIONS = [("ALGERIA", 0), ("ARGENTINA", 1), ("BRAZIL", 1), ("CANADA", 1), ("EGYPT", 4), ("ETHIOPIA", 0), ("FRANCE", 3),
           ("GERMANY", 3), ("INDIA", 2), ("INDONESIA", 2), ("IRAN", 4), ("IRAQ", 4), ("JAPAN", 2), ("JORDAN", 4),
           ("KENYA", 0), ("MOROCCO", 0), ("MOZAMBIQUE", 0), ("PERU", 1), ("CHINA", 2), ("ROMANIA", 3),
           ("SAUDI ARABIA", 4), ("VIETNAM", 2), ("RUSSIA", 3), ("UNITED KINGDOM", 3), ("UNITED STATES", 1)]
SEGMENTS = ["AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD"]
PRIORITIES = ["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"]
INSTRUCTIONS = ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"]
MODES = ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"]
TYPES = (["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"], ["ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"],
         ["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"])
CONTAINERS = (["SM", "LG", "MED", "JUMBO", "WRAP"], ["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"])
COLOURS = ("almond azure beige black blue brown coral cream cyan firebrick forest gainsboro ghost gold green grey honeydew "
           "indian ivory khaki lavender lemon lime linen magenta maroon mint navy olive orange orchid pale peach pink plum "
           "powder purple red rose royal salmon sienna sky slate snow steel tan thistle tomato turquoise violet wheat white").split()
WORDS = ("quick slow careful final even bold regular special pending unusual parcels letters bills offers ideas requests "
         "accounts deposits pinecones boxes ledgers above below beside sleep wake haggle nag play along after before the a "
         "of furiously quietly silently again never always").split()

FIRST, CURRENT, LAST = datetime.date(1992, 1, 1), datetime.date(1995, 6, 17), datetime.date(1998, 12, 31)


def money(cents):
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


class Generator:
    def __init__(self, seed=1, scale=SCALE):
        self.random = random.Random(seed)
        self.suppliers, self.customers = max(50, int(10000 * scale)), int(150000 * scale)
        self.parts, self.orders = int(200000 * scale), int(1500000 * scale)

    def text(self, least, most):
        """Words, between least and most characters."""
        r = self.random
        length, out = r.randint(least, most), r.choice(WORDS)
        while len(out) < length:
            out += (", " if r.random() < 0.05 else " ") + r.choice(WORDS)
        return out[:length].strip().ljust(least, ".")

    def address(self):
        return "".join(self.random.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,")
                       for _ in range(self.random.randint(10, 40))).strip().ljust(10, "x")

    def phone(self, nation):
        r = self.random
        return f"{nation + 10}-{r.randint(100, 999)}-{r.randint(100, 999)}-{r.randint(1000, 9999)}"

    def region(self):
        return [[str(k), n, self.text(31, 115)] for k, n in enumerate(REGIONS)]

    def nation(self):
        return [[str(k), n, str(region), self.text(31, 114)] for k, (n, region) in enumerate(NATIONS)]

    def supplier(self):
        rows = []
        for k in range(1, self.suppliers + 1):
            comment = self.text(25, 100)
            if k % 20 == 7:
                comment = "Customer " + comment[:40] + "Complaints"
            nation = k % 25
            rows.append([str(k), f"Supplier#{k:09d}", self.address(), str(nation), self.phone(nation),
                         money(self.random.randint(-99999, 999999)), comment])
        return rows

    def customer(self):
        rows = []
        for k in range(1, self.customers + 1):
            nation = self.random.randrange(25)
            rows.append([str(k), f"Customer#{k:09d}", self.address(), str(nation), self.phone(nation),
                         money(self.random.randint(-99999, 999999)), self.random.choice(SEGMENTS), self.text(29, 116)])
        return rows

    @staticmethod
    def retail(part):
        return 90000 + (part // 10) % 20001 + 100 * (part % 1000)

    def part(self):
        r, rows = self.random, []
        for k in range(1, self.parts + 1):
            maker = r.randint(1, 5)
            brand, size = f"Brand#{maker}{r.randint(1, 5)}", r.randint(1, 50)
            container = " ".join(r.choice(c) for c in CONTAINERS)
            wanted = {0: ("Brand#23", "MED BOX"), 1: ("Brand#12", "SM CASE"), 2: ("Brand#23", "MED BAG"), 3: ("Brand#34", "LG BOX")}
            if k % 40 in wanted:
                brand, container = wanted[k % 40]
                maker, size = int(brand[6]), r.randint(1, 5)
            kind = " ".join(r.choice(t) for t in TYPES)
            if k % 50 == 10:
                kind, size = kind.rsplit(" ", 1)[0] + " BRASS", 15
            rows.append([str(k), " ".join(r.sample(COLOURS, 5)), f"Manufacturer#{maker}", brand, kind, str(size), container, money(self.retail(k)), self.text(5, 22)])
        return rows

    def supplier_of(self, part, i):
        s = self.suppliers
        return (part + i * (s // 4) + (part - 1) // s) % s + 1

    def partsupp(self):
        r = self.random
        return [[str(p), str(self.supplier_of(p, i)), str(r.randint(1, 9999)), money(r.randint(100, 100000)), self.text(49, 198)]
                for p in range(1, self.parts + 1) for i in range(4)]

    def orders_and_lineitem(self):
        r, orders, lines = self.random, [], []
        for number in range(self.orders):
            key = number // 8 * 32 + number % 8 + 1     # the first eight of each 32 keys
            customer = r.randint(1, self.customers)
            while customer % 3 == 0:                    # a third of them never orders
                customer = r.randint(1, self.customers)
            day = FIRST + datetime.timedelta(r.randint(0, (LAST - FIRST).days - 151))
            bulk = number % 400 == 11
            total, states = 0, set()
            for line in range(1, (7 if bulk else r.randint(1, 7)) + 1):
                part = r.randint(1, self.parts)
                quantity = r.randint(44, 50) if bulk else r.randint(1, 50)
                price, discount, tax = quantity * self.retail(part), r.randint(0, 10), r.randint(0, 8)
                ship = day + datetime.timedelta(r.randint(1, 121))
                commit = day + datetime.timedelta(r.randint(30, 90))
                receipt = ship + datetime.timedelta(r.randint(1, 30))
                state = "O" if ship > CURRENT else "F"
                states.add(state)
                total += price * (100 + tax) * (100 - discount)
                lines.append([str(key), str(part), str(self.supplier_of(part, r.randrange(4))), str(line), f"{quantity}.00",
                              money(price), money(discount), money(tax), r.choice("RA") if receipt <= CURRENT else "N", state,
                              str(ship), str(commit), str(receipt), r.choice(INSTRUCTIONS), r.choice(MODES), self.text(10, 43)])
            comment = self.text(19, 78)
            if number % 50 == 3:
                comment = comment[:19] + " special packages, requests"
            orders.append([str(key), str(customer), states.pop() if len(states) == 1 else "P", money((total + 5000) // 10000),
                           str(day), r.choice(PRIORITIES), f"Clerk#{r.randint(1, max(1, self.orders // 1500)):09d}", "0", comment])
        return orders, lines


def generate(seed=1, scale=SCALE):
    """The rows of every table, by its name."""
    g = Generator(seed, scale)
    tables = {name: getattr(g, name)() for name in ("region", "nation", "supplier", "customer", "part", "partsupp")}
    tables["orders"], tables["lineitem"] = g.orders_and_lineitem()
    return tables


def columns(table):
    """(name, Glue type) of each column."""
    return [tuple(c.split(" ")) for c in COLUMNS[table].split(", ")]


def violations(tables):
    """What of the rows breaks the definition: types, keys, references, and the rules between columns."""
    found = []
    at = {t: {c: i for i, (c, _) in enumerate(columns(t))} for t in tables}

    def fits(value, kind):
        if kind.startswith("varchar"):
            return len(value) <= int(kind[8:-1]) and not any(c in value for c in "|\t\n\\\"")
        if kind == "date":
            return FIRST <= datetime.date.fromisoformat(value) <= LAST
        return re.fullmatch(r"-?[0-9]{1,13}\.[0-9]{2}" if kind.startswith("decimal") else r"-?[0-9]{1,18}", value) is not None

    def project(t, names):
        return [tuple(r[at[t][n]] for n in names) for r in tables[t]]

    for t, rows in tables.items():
        kinds = columns(t)
        found += [f"{t}: {r}" for r in rows if len(r) != len(kinds) or not all(fits(v, k) for v, (_, k) in zip(r, kinds))]
        if len(set(project(t, KEYS[t]))) != len(rows):
            found.append(f"{t}: a key comes twice")
    for t, names, other in REFERENCES:
        missing = set(project(t, names)) - set(project(other, KEYS[other]))
        found += [f"{t}: {m} is not in {other}" for m in missing]
    for ship, receipt in project("lineitem", ["l_shipdate", "l_receiptdate"]):
        if ship >= receipt:
            found.append(f"lineitem: received on {receipt}, shipped on {ship}")
    return found[:20]
