"""What pds.athena_query takes for a query, against Trino's own parser, over generated spellings.

    fuzz.py [--seed N] [--cases N]        compare; TAP
    fuzz.py --record FILE                 write a corpus that the unit test reads without Java

Needs build/unit/athena_sql_check (make -C test/unit programs) and Trino's jars in the stack's cache.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test" / "stack"))
from launcher import trino  # noqa: E402
from launcher.paths import StackError  # noqa: E402

QUERIES = """
SELECT 1
SELECT a , b FROM t WHERE c = 'x' ORDER BY 1 LIMIT 3
SELECT * FROM "T" AS x ( y ) , d.u CROSS JOIN v
( SELECT 1 )
( ( SELECT 1 ) UNION ( SELECT 2 ) )
( SELECT 1 ) UNION ALL SELECT 2
VALUES 1 , ( 2 )
VALUES ( 1 , 'a' )
TABLE t
TABLE d.t ORDER BY 1
WITH w AS ( SELECT 1 ) SELECT * FROM w
WITH w ( a , "as" ) AS ( SELECT 1 , '()' ) , x AS ( TABLE w ) SELECT * FROM w , x
WITH RECURSIVE w ( a ) AS ( SELECT 1 UNION ALL SELECT a + 1 FROM w ) SELECT * FROM w
( WITH w AS ( SELECT 1 ) SELECT * FROM w )
WITH function AS ( SELECT 1 ) SELECT * FROM function
SELECT U&'\\0041' , U&'!0041' UESCAPE '!' , X'00' , 1.5e0 , DECIMAL '1'
SELECT "a""b" , 'it''s' , '--' , '/*' , "*/" FROM t
SELECT a - - b , a / b * c FROM t
SELECT * FROM TABLE ( sequence ( start => 1 , stop => 3 ) )
SELECT * FROM TABLE ( exclude_columns ( input => TABLE ( t ) , columns => DESCRIPTOR ( a ) ) )
SELECT * FROM UNNEST ( ARRAY [ 1 ] ) WITH ORDINALITY
SELECT x -> x + 1 , m [ 'k' ] , r . f FROM t
SELECT 1 AS "é" , 'é'
SELECT '\\' , '\\\\' , "\\" FROM t
SELECT CASE WHEN a THEN 1 END , CAST ( a AS row ( b varchar ) ) FROM t
SELECT json_value ( j , 'lax $.a' ) FROM t
SELECT ? FROM t WHERE a = ?
""".strip().split("\n")

READS = """
SHOW TABLES
SHOW TABLES FROM d LIKE 'a%' ESCAPE '!'
SHOW CREATE TABLE t
SHOW STATS FOR ( SELECT * FROM t )
SHOW GRANTS ON TABLE t
SHOW FUNCTIONS
SHOW SESSION
DESCRIBE t
DESC d.t
DESCRIBE INPUT p
DESCRIBE OUTPUT p
EXPLAIN SELECT 1
EXPLAIN ( SELECT 1 )
EXPLAIN ( TYPE VALIDATE ) SELECT 1
EXPLAIN ( TYPE IO , FORMAT JSON ) WITH w AS ( SELECT 1 ) TABLE w
EXPLAIN ANALYZE SELECT 1
EXPLAIN ANALYZE VERBOSE VALUES 1
""".strip().split("\n")

OTHERS = """
INSERT INTO t SELECT 1
INSERT INTO t WITH w AS ( SELECT 1 ) SELECT * FROM w
DELETE FROM t
UPDATE t SET a = 1
MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE
CREATE TABLE x AS SELECT 1 AS a
CREATE TABLE x ( a integer )
CREATE OR REPLACE VIEW v AS SELECT 1 AS a
CREATE SCHEMA s
DROP TABLE d.t
DROP VIEW v
ALTER TABLE t ADD COLUMN b integer
ALTER TABLE t EXECUTE optimize
ANALYZE t
TRUNCATE TABLE t
CALL system.runtime.kill_query ( 'q' )
PREPARE p FROM DELETE FROM t
EXECUTE p
EXECUTE p USING 1
EXECUTE IMMEDIATE 'DROP TABLE t'
DEALLOCATE PREPARE p
GRANT SELECT ON t TO u
REVOKE SELECT ON t FROM u
DENY SELECT ON t TO u
SET SESSION a = 1
RESET SESSION a
SET ROLE r
SET TIME ZONE 'UTC'
SET PATH a
USE d
START TRANSACTION
COMMIT
ROLLBACK
COMMENT ON TABLE t IS 'x'
REFRESH MATERIALIZED VIEW v
CREATE FUNCTION f ( ) RETURNS integer RETURN 1
DROP FUNCTION f ( )
EXPLAIN INSERT INTO t SELECT 1
EXPLAIN ANALYZE INSERT INTO t SELECT 1
EXPLAIN ANALYZE VERBOSE CREATE TABLE x AS SELECT 1 AS a
EXPLAIN ANALYZE EXPLAIN ANALYZE DELETE FROM t
EXPLAIN EXPLAIN ANALYZE DELETE FROM t
EXPLAIN EXECUTE p
EXPLAIN CALL p ( )
SELECT * FROM TABLE ( system.query ( query => 'DELETE FROM t' ) )
SELECT * FROM TABLE ( pg.system.query ( 'DROP TABLE t' ) )
SELECT * FROM ( SELECT 1 ) , TABLE ( "system" . "query" ( query => 'x' ) )
WITH w AS ( SELECT * FROM TABLE ( pg.system.query ( 'x' ) ) ) SELECT * FROM w
EXPLAIN ANALYZE SELECT * FROM TABLE ( query ( query => 'x' ) )
WITH w AS ( SELECT 1 ) INSERT INTO t SELECT * FROM w
WITH w AS ( SELECT 1 ) DELETE FROM t
UNLOAD ( SELECT 1 ) TO 's3://b/x/' WITH ( format = 'PARQUET' )
MSCK REPAIR TABLE t
VACUUM t
OPTIMIZE t REWRITE DATA USING BIN_PACK
USING EXTERNAL FUNCTION f ( a int ) RETURNS int LAMBDA 'l' SELECT f ( 1 )
FROM t INSERT INTO u SELECT *
""".strip().split("\n")

BLANKS = [" "] * 8 + [
          "\n", "\t", "\r\n", "\r", "  ", "/**/", "/* x */", "/*\n*/", "/*/ */", "/* /* */", "/* ' */", "/* -- */", "/*;*/", "/* é */", "/***/",
          "-- x\n", "--\n", "--\r", "-- x\r\n", "--'\n", "--/*\n", "--*/\r", "-- ;\n", "--é\n", "---\n", "\f", "\v"]
SCRAPS = ["--", "/*", "*/", "\r", "\n", "'", "''", '"', '""', "`", "\\", "\\'", '\\"', ";", "; ", "(", ")", ",", ".", "U&'", "U&\"",
          " UESCAPE '!'", "X'", "E'", "N'", "$$", "?", "--\r", "--\r\n", "/*/", "/**/", "*/ /*", "'--'", "'/*'", '"--"', "\u0131", "\u017f",
          "\u00a0", "\u2028", "\ufeff", "\f", "\v", "\x1c", "é", " SELECT ", " INSERT INTO t ", " DROP TABLE t ", " TABLE ", " TABLE(", " AS ", " WITH ", "RECURSIVE ",
          " AS (", " SELECT 1", "1", "_", "@", "#", "DELETE FROM t"]


def shuffled(statement, rng):
    """The same tokens, written otherwise."""
    out = [rng.choice(BLANKS + [""] * 20)]
    for token in statement.split(" "):
        if token[0].isalpha() and "'" not in token and '"' not in token and rng.random() < 0.3:
            token = "".join(c.lower() if rng.random() < 0.5 else c.upper() for c in token)
        out.append(token)
        out.append("".join(rng.choice(BLANKS) for _ in range(rng.choice([1, 1, 1, 2, 3]))))
    return "".join(out) + rng.choice([""] * 20 + [";", " ; ", ";;", "; -- x", "--", "/*"])


def broken(text, rng):
    """A few scraps put in, or pieces taken out."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(text) + 1)
        if rng.random() < 0.8:
            text = text[:at] + rng.choice(SCRAPS) + text[at:]
        else:
            text = text[:at] + text[at + rng.randrange(1, 6):]
    return text


def spelling(rng):
    text = shuffled(rng.choice(rng.choice([QUERIES, READS, OTHERS])), rng)
    if rng.random() < 0.2:
        text += rng.choice(BLANKS) + shuffled(rng.choice(QUERIES + OTHERS), rng)
    return broken(text, rng) if rng.random() < 0.5 else text


ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\v": "\\v", "\\": "\\\\"}


def escaped(text):
    return re.sub(r"[\n\r\t\f\v\\]", lambda m: ESCAPES[m.group()], text)


def answers(command, lines):
    done = subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().split("\n")[:-1]


def java_command():
    release, java_home = trino.choose()
    jars = pathlib.Path(trino.server_directory(release)) / "lib" / "*"
    return [str(pathlib.Path(java_home) / "bin" / "java"), "-Xmx512m", "-cp", str(jars), str(TOP / "test/athena_sql/TrinoKinds.java")]


def reads(kind):
    """Is it a kind of statement that changes nothing?"""
    words = kind.split()
    if words[0] in ("Explain", "ExplainAnalyze"):
        return len(words) > 1 and words[1] == "Query" and reads(" ".join(words[1:]))
    if words[0] == "Query":
        return all(w in ("TABLE(sequence)", "TABLE(exclude_columns)") for w in words[1:])
    return words[0].startswith(("Show", "Describe"))


def judged(text, verdict, kind, kind_sent, same):
    """What is wrong, or None."""
    if verdict != "other":
        if kind_sent != "error" and not reads(kind_sent):
            return "would change something"
        if verdict == "query" and kind_sent != "error" and not kind_sent.startswith("Query"):
            return "is no query"
        if kind != "error" and same != "same":
            return "is another statement when sent"
    elif kind != "error" and reads(kind) and "\\" not in text:
        return "is refused"
    return None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("PDS_SEED", "1")))
    arguments.add_argument("--cases", type=int, default=int(os.environ.get("PDS_CASES", "20000")))
    arguments.add_argument("--record")
    arguments = arguments.parse_args()
    rng = random.Random(arguments.seed)
    try:
        java = java_command()
        if not shutil.which(java[0] + "c"):
            raise StackError("needs a JDK: the program for Trino's parser is compiled")
    except StackError as e:
        print(f"1..0 # SKIP {e}")
        return 0
    texts = [escaped(s) for s in QUERIES + READS + OTHERS]
    texts += [escaped(spelling(rng)) for _ in range(arguments.cases)]
    texts = list(dict.fromkeys(texts))
    ours = [a.split("\t") for a in answers([str(TOP / "build/unit/athena_sql_check")], texts)]
    theirs = [a.split("\t") for a in answers(java, [f"{t}\t{o[1]}" for t, o in zip(texts, ours)])]
    wrong = 0
    counts = {}
    for text, (verdict, sent), (kind, kind_sent, same) in zip(texts, ours, theirs):
        counts[verdict, kind.split()[0] == "error"] = counts.get((verdict, kind.split()[0] == "error"), 0) + 1
        why = judged(text, verdict, kind, kind_sent, same)
        if why:
            wrong += 1
            if wrong <= 20:
                print(f"# {why}: {verdict} | {text} | {sent} | {kind} | {kind_sent} | {same}")
    print(f"{'not ' if wrong else ''}ok 1 - seed {arguments.seed}: {len(texts)} spellings, {wrong} judged otherwise than by Trino's parser")
    for (verdict, error), n in sorted(counts.items()):
        print(f"# {verdict}, {'an error' if error else 'a statement'} for Trino: {n}")
    print("1..1")
    if arguments.record and not wrong:
        with open(arguments.record, "w", encoding="utf-8", newline="\n") as f:
            f.write("# spelling, what is sent, and what these are for Trino's parser (test/athena_sql/fuzz.py --record)\n")
            for text, (_, sent), (kind, kind_sent, _) in zip(texts, ours, theirs):
                f.write(f"{text}\t{sent}\t{kind}\t{kind_sent}\n")
    return 1 if wrong else 0


sys.exit(main())
