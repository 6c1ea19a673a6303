"""The planned population as list files, with the dirt that lists of people have."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import idna

from .planned import Plan, Planned

REJECTED = {
    "jp": {
        "co.jp": "public_suffix",
        "nihon.example.com": "outside_suffix",
        "localhost": "single_label",
        "192.0.2.1": "ip_address",
        "aoba..jp": "empty_label",
        "under_score.jp": "underscore",
        "-hyphen.jp": "bad_hyphen",
    },
    "go-jp": {
        "go.jp": "public_suffix",
        "kantei.example.jp": "outside_suffix",
        "198.51.100.7": "ip_address",
    },
}
"""List → what stands in it and is no domain of its cohort → the reason, each listed once."""

KINDS = ("ministry", "agency", "institute")
EVERY_DIRTY = 50  # so many clean lines to one that is spelled in another way
EVERY_TWICE = 200


def write_lists(plan: Plan, folder: Path) -> dict[str, Path]:
    """Write the population's lists: jp.txt, go-jp.txt, and go-jp.csv, the same with a column
    `kind`. Returns name → path, as a study's "lab:name" finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = {name: [row for row in plan.rows if row.cohort == name] for name in ("jp", "go-jp")}
    texts = {f"{name}.txt": plain_text(plan, name, these) for name, these in rows.items()}
    texts["go-jp.csv"] = comma_separated(rows["go-jp"])
    paths = {name: folder / name for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, encoding="utf-8", newline="")
    return paths


def plain_text(plan: Plan, name: str, rows: list[Planned]) -> str:
    """A list as people keep one: comments, blank lines, odd spellings, doublets, mistakes."""
    rng = Random(f"{plan.settings.seed} list {name}")
    lines = ["# domains of the lab, planned; one a line", ""]
    for row in rows:
        lines.append(as_read(row.domain))
        if rng.randrange(EVERY_DIRTY) == 0:
            lines[-1] = rng.choice(list(spellings(row.domain)))
        if rng.randrange(EVERY_TWICE) == 0:
            lines.append(rng.choice(list(spellings(row.domain))))
    for text in REJECTED[name]:
        lines.insert(rng.randrange(2, len(lines) + 1), text)
    return "\n".join([*lines, ""])


def spellings(domain: str) -> Iterator[str]:
    """Other ways to write the same domain in a list."""
    yield domain.upper()
    yield f"{domain}."
    yield f"https://{domain}/index.html"
    yield f"info@{domain}"
    yield f"  {domain}  # checked"


def as_read(domain: str) -> str:
    """A name as a Japanese reader would write it: in U-labels, where it has any."""
    return idna.decode(domain) if "xn--" in domain else domain


def comma_separated(rows: list[Planned]) -> str:
    """A list with a head and a further column; line ends as spreadsheets write them."""
    lines = ["domain,kind", *(f"{row.domain},{KINDS[row.number % len(KINDS)]}" for row in rows)]
    return "\r\n".join([*lines, ""])
