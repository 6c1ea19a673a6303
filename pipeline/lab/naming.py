"""Names for the planned domains: Japanese words, the ways .jp is registered, no name twice."""

from collections.abc import Iterator
from random import Random

import idna

FIRST = (
    "aoba", "asahi", "chuo", "fuji", "hana", "haru", "hikari", "hokuto", "honda", "kaede",
    "kawa", "kita", "kobo", "maru", "matsu", "midori", "mina", "mirai", "miyabi", "mori",
    "nagi", "nishi", "nozomi", "oka", "sakae", "sato", "shin", "sora", "sugi", "suzu",
    "taiyo", "taka", "tani", "toko", "tsubaki", "ume", "wakaba", "yama", "yoshi",
)  # fmt: skip
SECOND = (
    "bank", "bunka", "denki", "do", "eiyo", "fudosan", "gakuen", "giken", "hoken", "ishi",
    "iryo", "joho", "juku", "kagaku", "kenchiku", "kikaku", "kogyo", "koji", "kotsu", "machi",
    "mokuzai", "noen", "onsen", "ryokan", "sangyo", "seika", "shoji", "shokuhin", "shoten",
    "soken", "tetsu", "unyu", "yakuhin", "zosen",
)  # fmt: skip
KANJI = ("青", "朝", "花", "春", "光", "森", "空", "杉", "鈴", "梅")
# What stands behind the label, weighted by how often: see the Public Suffix List's .jp part.
SUFFIXES = (
    *("jp",) * 40,
    *("co.jp",) * 30,
    *("ne.jp",) * 4,
    *("or.jp",) * 6,
    *("ac.jp",) * 5,
    *("gr.jp",) * 2,
    *("ed.jp",) * 2,
    *("lg.jp",) * 5,
    "tokyo.jp",
    "osaka.jp",
    "chiyoda.tokyo.jp",
)
EVERY_KANJI = 211  # one in so many is written in Japanese
SUBDOMAINS = ("ml", "news", "shop", "info", "corp", "lab", "web", "magazine", "support", "branch")


def labels(rng: Random) -> Iterator[str]:
    """Endlessly many labels, each once. A hyphen keeps them apart from every public suffix."""
    pairs = [f"{first}-{second}" for first in FIRST for second in SECOND]
    rng.shuffle(pairs)
    turn = 1
    while True:
        yield from (f"{pair}{turn if turn > 1 else ''}" for pair in pairs)
        turn += 1


def registrable_names(rng: Random) -> Iterator[str]:
    """Names as .jp registers them, each once; a few of them U-labels, given as A-labels."""
    for number, label in enumerate(labels(rng)):
        if number % EVERY_KANJI == EVERY_KANJI - 1:
            kanji = KANJI[number % len(KANJI)] + KANJI[number // 7 % len(KANJI)]
            yield idna.encode(f"{kanji}商店{number}.jp").decode("ascii")
        else:
            yield f"{label}.{rng.choice(SUFFIXES)}"


def government_names(rng: Random) -> Iterator[str]:
    """Names below go.jp, each once."""
    for label in labels(rng):
        yield f"{label}.go.jp"


def subdomains(rng: Random, bases: list[str]) -> Iterator[tuple[str, str]]:
    """Names below these, and whose; each once. bases: not empty."""
    turn = 0
    while True:
        for label in SUBDOMAINS:
            shuffled = bases.copy()
            rng.shuffle(shuffled)
            for base in shuffled:
                yield f"{label}{turn or ''}.{base}", base
        turn += 1
