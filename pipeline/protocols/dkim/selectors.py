"""Which selectors are worth asking for: a list, the most common first."""

from pathlib import Path


def load_selectors(path: Path | None = None) -> tuple[str, ...]:
    """The selectors of a list, in its order. path: None is data/selectors.csv.

    Raises ConfigError.
    """
    return ()
