"""What Trino answered against what was recorded: compare_recordings.py RECORDED ANSWERED.

Names answers that differ; the last line is how many are the same, how many differ, and how many were not asked for
(statements of another release of PostgreSQL, say).
"""
import sys
from pathlib import Path


def answers(folder):
    """Rows by suite and first line of an answer, which has the statement, what it read and its columns."""
    found = {}
    for path in sorted(Path(folder).glob("*.jsonl")):
        for line in path.read_text().splitlines():
            if line.startswith("{"):
                rows = found[path.stem, line] = []
            else:
                rows.append(line)
    return found


def main(recorded, answered):
    old, new = answers(recorded), answers(answered)
    changed = [key for key, rows in new.items() if old.get(key) != rows]
    for suite, line in changed:
        print(f"{suite}: {line[:300]}")
    print(len(new) - len(changed), len(changed), len(old.keys() - new.keys()))


if __name__ == "__main__":
    main(*sys.argv[1:])
