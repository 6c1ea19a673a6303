"""The Public Suffix List: under which names the public registers, and what it registered.

The list comes with its package; its version is in the lock file, so a run can be repeated.
"""

from functools import cache, lru_cache
from pathlib import Path

from publicsuffixlist import PSLFILE, PublicSuffixList


@cache
def rules(private: bool) -> PublicSuffixList:
    """The list's ICANN part, or all of it. A top-level domain without a rule is one: rule `*`."""
    return PublicSuffixList(only_icann=not private)


@lru_cache(maxsize=1 << 17)
def registrable(name: str, private: bool = False) -> str | None:
    """The public suffix of a name and one label more; None: the name is a suffix itself.

    private: hold it also against the suffixes that companies entered for their customers.
    None too for what is no name: an empty label, a leading dot.
    """
    found: str | None = rules(private).privatesuffix(name)
    return found


@cache
def listed() -> frozenset[str]:
    """The rules of the list's ICANN part, with A-labels: `jp`, `co.jp`, `*.kawasaki.jp`, …

    For work on whole columns of names, where a call of `registrable` for each is too slow.
    """
    icann, _, _ = Path(PSLFILE).read_text(encoding="utf-8").partition("===END ICANN DOMAINS===")
    rules = (line.strip() for line in icann.split("\n") if line.strip())
    return frozenset(rule.encode("idna").decode() for rule in rules if not rule.startswith("//"))
