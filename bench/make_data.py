#!/usr/bin/env python3
"""Data of the benchmarks: seeded, scalable, always the same.

    make_data.py --rows 2000000 --objects 8 --out DIR

CSV (RFC 4180) with a header, eight columns: id bigint, category text, rating int, price numeric(10,2),
votes int, sold_at timestamp, title text, body text (quoted, a third with line breaks inside).
About 215 bytes a row: 2,000,000 rows are 430 MB.
"""
import argparse
import os
import random

COLUMNS = "id,category,rating,price,votes,sold_at,title,body"
CATEGORIES = ["Books", "Music", "Garden", "Toys", "Dresses", "Knits", "Jeans", "Shoes", "Kitchen", "Phones", "Games",
              "Lamps", "Pets", "Office", "Sports"]
WORDS = ("the a and of in to it is was for with on as but at by not my very great fine soft good bad small large fits "
         "well true size fabric colour price quality would recommend again never ordered returned shipping love like "
         "perfect summer winter work weekend looks feels").split()


def pieces(rng, n):
    """Sentences to draw from: making every one anew would take minutes."""
    out = []
    for _ in range(n):
        text = " ".join(rng.choices(WORDS, k=rng.randint(5, 13)))
        out.append(text[0].upper() + text[1:] + rng.choice([".", "!", ", really.", ' ""wow"".']))
    return out


def write(out, rows, objects, seed, newlines=True):
    os.makedirs(out, exist_ok=True)
    rng = random.Random(seed)
    sentences, titles = pieces(rng, 5000), [" ".join(rng.choices(WORDS, k=3)) for _ in range(2000)]
    done = 0
    for number in range(objects):
        upto = rows * (number + 1) // objects
        with open(os.path.join(out, f"part-{number:04d}.csv"), "w", encoding="utf-8", newline="") as f:
            f.write(COLUMNS + "\n")
            lines = []
            for i in range(done, upto):
                body = ("\n" if rng.random() < 0.33 and newlines else " ").join(rng.choices(sentences, k=rng.randint(1, 4)))
                lines.append(f"{i},{CATEGORIES[int(rng.random() * 15)]},{1 + int(rng.random() * 5)},"
                             f"{rng.random() * 500:.2f},{int(rng.expovariate(0.1))},"
                             f"2024-{1 + int(rng.random() * 12):02d}-{1 + int(rng.random() * 28):02d} "
                             f"{int(rng.random() * 24):02d}:{int(rng.random() * 60):02d}:{int(rng.random() * 60):02d},"
                             f"{titles[int(rng.random() * 2000)]}," +
                             (f"\"{body}\"\n" if newlines else body.replace('""', "'").replace(",", ";") + "\n"))
                if len(lines) == 10000:
                    f.write("".join(lines))
                    lines.clear()
            f.write("".join(lines))
        done = upto


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--rows", type=int, default=2_000_000)
    p.add_argument("--objects", type=int, default=8)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--no-newlines", action="store_true", help="lines of bare text, for lazysimple")
    p.add_argument("--out", required=True)
    a = p.parse_args()
    write(a.out, a.rows, a.objects, a.seed, not a.no_newlines)
