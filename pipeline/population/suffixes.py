"""The Public Suffix List: under which names the public registers, and what it registered.

The list comes with its package; its version is in the lock file, so a run can be repeated.
"""

from functools import cache, lru_cache
from pathlib import Path

from publicsuffixlist import PSLFILE, PublicSuffixList

OTHER_SCRIPTS = ""
"""The place of all top-level domains that are not written in ASCII."""


@cache
def lines(private: bool) -> dict[str, list[str]]:
    """The lines of the list's ICANN part, or of all of it, by place."""
    text = Path(PSLFILE).read_text(encoding="utf-8")
    if not private:
        text, _, _ = text.partition("===END ICANN DOMAINS===")
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if line and not line.startswith("//"):
            found.setdefault(place(line.strip()), []).append(line)
    return found


def place(name: str) -> str:
    """Where the rules stand that may concern a name: its top-level domain."""
    top = name.removesuffix(".").rpartition(".")[2].lower()
    return OTHER_SCRIPTS if top.startswith("xn--") or not top.isascii() else top


@lru_cache(maxsize=1 << 11)  # there are fewer top-level domains; strangers may write any
def rules(at: str, private: bool) -> PublicSuffixList:
    """The rules of one place; where there is none, a top-level domain is a suffix: rule `*`.

    One place at a time, for reading the whole list takes long: a check of one domain needs little.
    """
    return PublicSuffixList(lines(private).get(at, []))


@lru_cache(maxsize=1 << 17)
def registrable(name: str, private: bool = False) -> str | None:
    """The public suffix of a name and one label more; None: the name is a suffix itself.

    private: hold it also against the suffixes that companies entered for their customers.
    None too for what is no name: an empty label, a leading dot.
    """
    found: str | None = rules(place(name), private).privatesuffix(name)
    return found


@cache
def listed() -> frozenset[str]:
    """The rules of the list's ICANN part, with A-labels: `jp`, `co.jp`, `*.kawasaki.jp`, …

    For work on whole columns of names, where a call of `registrable` for each is too slow.
    """
    icann, _, _ = Path(PSLFILE).read_text(encoding="utf-8").partition("===END ICANN DOMAINS===")
    rules = (line.strip() for line in icann.split("\n") if line.strip())
    return frozenset(rule.encode("idna").decode() for rule in rules if not rule.startswith("//"))
