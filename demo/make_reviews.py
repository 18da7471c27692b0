#!/usr/bin/env python3
"""Product reviews for the demo and the tests: made up, seeded, always the same.

    make_reviews.py [--rows 20000] [--seed 1] --out DIR

Writes two views of the same reviews:

    reviews.tsv   TAB-delimited, with a header, one line a review: what a lazysimple table of the Glue catalog
                  (and so Athena) reads.  review_body holds commas and quotes, but no TAB and no line break.
    raw.csv       as the shop exported it: RFC 4180, quoted text with line breaks inside.

Both have the columns review_id, product_category, star_rating, sentiment (-1, 0, 1), helpful_votes, price,
verified_purchase, review_date, reviewed_at, review_headline, review_body; some values are missing.
"""
import argparse
import csv
import datetime
import os
import random

CATEGORIES = {  # name: (share, mean stars, things)
    "Dresses": (24, 4.0, ["dress", "maxi dress", "sun dress", "wrap dress"]),
    "Knits": (20, 4.1, ["sweater", "cardigan", "knit top"]),
    "Blouses": (16, 4.0, ["blouse", "shirt", "tunic"]),
    "Pants": (9, 4.2, ["trousers", "pair of pants", "linen pants"]),
    "Jeans": (8, 4.3, ["pair of jeans", "denim"]),
    "Jackets": (6, 4.2, ["jacket", "blazer", "coat"]),
    "Sleep": (4, 4.2, ["nightgown", "robe", "pajama set"]),
    "Swim": (4, 3.9, ["swimsuit", "bikini", "cover-up"]),
    "Shoes": (4, 3.8, ["pair of boots", "sandals", "sneakers"]),
    "Trend": (3, 3.2, ["jumpsuit", "poncho", "cape"]),
    "Café & Home": (2, 3.9, ["mug", "throw", "cushion"]),
}
OPENERS = {
    1: ["Love it!", "So flattering, and so soft.", "My new favourite.", "Perfect for work, or for a weekend.",
        'Everyone asks me about this "little" {thing}.', "Bought a second one, in navy."],
    0: ["It's okay.", "Nice enough, but nothing special.", "Fine for the price.", "Not bad; not great, either.",
        'The colour is more "oatmeal" than white.'],
    -1: ["Very disappointed.", "Had to send it back.", "Looks nothing like the picture.",
         'Cheap fabric, and it ran in the wash, "delicate" cycle and all.', "Too short, too wide, too expensive."],
}
DETAILS = [
    "I usually wear a medium, but the large was better.", "The {thing} runs small; order a size up.",
    "I'm 5'8\" and the length is right.", "It washes well.", "The print is even prettier in person.",
    "The zip is on the side, which I did not expect.", "It is 100% cotton & machine washable.",
    "Shipping took a week.", "The seams came apart after two days.", "My sister ordered one, too.",
    "Goes with everything: jeans, skirts, boots.", "I'd recommend it.", "C'est très joli, vraiment.",
    "The buttons (there are 12!) are tiny.", "Das Material fühlt sich gut an.", "素敵な色です。",
]
HEADLINES = {1: ["Gorgeous", "Five stars", "Just right", "Great find, great price"],
             0: ["So-so", "Okay", "Good, not great"],
             -1: ["Sad", "Not for me", "Returned it", 'A "tent"']}
COLUMNS = ["review_id", "product_category", "star_rating", "sentiment", "helpful_votes", "price",
           "verified_purchase", "review_date", "reviewed_at", "review_headline", "review_body"]
TYPES = ["bigint", "string", "int", "int", "int", "decimal(8,2)", "boolean", "date", "timestamp", "string", "string"]


def reviews(rows, seed):
    """Yield one dict a review; a missing value is None."""
    rng = random.Random(seed)
    names = list(CATEGORIES)
    shares = [CATEGORIES[n][0] for n in names]
    first = datetime.datetime(2023, 1, 1)
    for number in range(1, rows + 1):
        category = rng.choices(names, shares)[0]
        _, mean, things = CATEGORIES[category]
        stars = max(1, min(5, round(rng.gauss(mean, 1.2))))
        sentiment = 1 if stars >= 4 else 0 if stars == 3 else -1
        thing = rng.choice(things)
        at = first + datetime.timedelta(seconds=rng.randrange(2 * 365 * 86400), milliseconds=rng.randrange(1000))
        sentences = [rng.choice(OPENERS[sentiment])] + rng.sample(DETAILS, rng.randrange(0, 5))
        yield {
            "review_id": number,
            "product_category": category,
            "star_rating": stars,
            "sentiment": sentiment,
            "helpful_votes": None if rng.random() < 0.1 else int(rng.expovariate(0.4)),
            "price": None if rng.random() < 0.02 else f"{rng.uniform(9, 260):.2f}",
            "verified_purchase": rng.random() < 0.8,
            "review_date": at.date().isoformat(),
            "reviewed_at": at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}",
            "review_headline": "" if rng.random() < 0.05 else rng.choice(HEADLINES[sentiment]),
            "sentences": [s.format(thing=thing) for s in sentences],
            "paragraphs": rng.random() < 0.3,
        }


def text(value, null):
    if value is None:
        return null
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def write(out, rows, seed):
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "reviews.tsv"), "w", encoding="utf-8", newline="") as tsv, \
            open(os.path.join(out, "raw.csv"), "w", encoding="utf-8", newline="") as raw:
        tsv.write("\t".join(COLUMNS) + "\n")
        rows_out = csv.writer(raw, lineterminator="\n")
        rows_out.writerow(COLUMNS)
        for r in reviews(rows, seed):
            flat = dict(r, review_body=" ".join(r["sentences"]))
            tsv.write("\t".join(text(flat[c], "\\N") for c in COLUMNS) + "\n")
            deep = dict(r, review_body=("\n\n" if r["paragraphs"] else " ").join(r["sentences"]))
            rows_out.writerow([text(deep[c], "") for c in COLUMNS])


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--rows", type=int, default=20000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", required=True)
    a = p.parse_args()
    write(a.out, a.rows, a.seed)
