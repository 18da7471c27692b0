"""What a plan says is done here, and what is Athena's."""
import re

CONDITIONS = ("Filter", "Join Filter", "Hash Cond", "Merge Cond", "Recheck Cond", "One-Time Filter")
# what stands in a plan without doing anything of its own
SILENT = ("Hash", "Materialize", "Memoize", "Result", "Subquery Scan", "CTE Scan", "Function Scan", "Values Scan")
WORK = re.compile(r" (WHERE|JOIN|GROUP BY|ORDER BY|LIMIT|OFFSET|OVER|DISTINCT|FETCH) ?|\b(count|sum|avg|min|max)\(")


def walk(node, depth=0):
    yield depth, node
    for child in node.get("Plans", []):
        yield from walk(child, depth + 1)


def name_of(node):
    kind = node["Node Type"]
    if kind.endswith("Join") or kind == "Nested Loop":
        kind = {"Nested Loop": "Nested Loop Join"}.get(kind, kind)
        join = node.get("Join Type", "Inner")
        kind = kind if join == "Inner" else kind.replace("Join", join + " Join")
    if kind == "Aggregate":
        kind = {"Hashed": "HashAggregate", "Sorted": "GroupAggregate", "Mixed": "MixedAggregate"}.get(node["Strategy"], kind)
    return kind


def here_of(plan, silent=SILENT):
    """What is evaluated here: {kind: how often}"""
    found = {}
    for _, n in walk(plan):
        kind = name_of(n)
        if kind in silent or kind == "Foreign Scan":
            kind = "Filter" if "Filter" in n else None
        if kind:
            found[kind] = found.get(kind, 0) + 1
    return found


def steps_of(plan):
    """The same in words that do not change with the planner's choice of a method."""
    words = {"Sort": "sort", "Incremental Sort": "sort", "WindowAgg": "window", "Limit": "limit", "Unique": "distinct", "Filter": "filter",
             "Append": "append", "MergeAppend": "append", "SetOp": "set operation", "ProjectSet": "set-returning"}
    found = {"aggregate" if "Aggregate" in k or k == "Group" else "join" if "Join" in k else words.get(k, k) for k in here_of(plan)}
    if any(n.get("Parent Relationship") == "SubPlan" for _, n in walk(plan)):
        found.add("subplan")
    if found & {"join", "aggregate", "window", "distinct"}:
        # a sort below one of these is a method
        found.discard("sort")
    if "set operation" in found:
        # up to 17 its sides are appended
        found.add("append")
    return sorted(found)


def share_of(plan):
    """How much of a statement Athena does: whole, part, none; None where nobody is asked."""
    statements = [n["Remote SQL"] for _, n in walk(plan) if "Remote SQL" in n]
    if not statements:
        return None
    if not here_of(plan) and len(statements) == 1:
        return "whole"
    return "part" if any(WORK.search(s) for s in statements) else "none"


def in_scan_of(plan):
    """What a direct scan does besides reading."""
    found = set()
    for _, n in walk(plan):
        if n.get("Engine") != "direct":
            continue
        found |= {word for word, key in (("aggregates", "Aggregates in Scan"), ("groups", "Group Key"), ("distinct", "Distinct in Scan"),
                                         ("top-n", "Top-N"), ("conditions", "Filter in Scan")) if key in n}
    return sorted(found)
