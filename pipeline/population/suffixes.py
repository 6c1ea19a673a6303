"""The Public Suffix List: under which names the public registers, and what it registered.

The list comes with its package; its version is in the lock file, so a run can be repeated.
"""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList


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
