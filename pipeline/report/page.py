"""One domain's check as a short, coloured page for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from .terminal import printable

COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
GOOD = {
    "present", "secure", "reject", "quarantine", "complete", "confirmed", "enforce", "valid",
    "usable", "all", "fully", "authorised", "encrypted", "verified",
}  # fmt: skip
BAD = {
    "absent", "bogus", "insecure", "broken", "invalid", "unusable", "not_authorised", "plain",
    "mismatch", "no_starttls", "expired", "self_signed", "untrusted", "other_name",
}  # fmt: skip
WORDS = {
    "en": {
        "exists": "exists",
        True: "yes",
        False: "no",
        None: "–",
        "nothing": "no mistake found",
        "unseen": "not seen: nothing can be said",
    },
    "ja": {
        "exists": "名前の存在",
        True: "はい",
        False: "いいえ",
        None: "–",
        "nothing": "誤りは見つかりません",
        "unseen": "観測できないため判定できません",
    },
}


def page(report: Mapping[str, Any], language: str = "en") -> str:
    """The page. report: one object of `check`. Colour is dropped where there is no terminal."""
    return "\n".join(lines(report, WORDS[language]))


def lines(report: Mapping[str, Any], words: Mapping[Any, str]) -> Iterator[str]:
    """The page's lines."""
    yield typer.style(printable(report["domain"]), bold=True, underline=True)
    yield f"  {words['exists']}: {coloured(report['exists'], words)}"
    for name, facet in report.items():
        if isinstance(facet, Mapping):
            yield ""
            yield typer.style(name.upper(), bold=True)
            for key, value in facet.items():
                if key != "findings":
                    yield from entry(key, value, words)
            yield from findings(facet["findings"], words, facet.get("state"))
    yield ""


def entry(key: str, value: Any, words: Mapping[Any, str]) -> Iterator[str]:
    """One key of a facet; what has parts of its own (hosts, keys, records) takes a line each."""
    parts: list[tuple[str, Any]] = []
    if isinstance(value, Mapping):
        parts = [(printable(str(name)), part) for name, part in value.items()]
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        parts = [("-", part) for part in value]
    if not parts:
        yield f"  {key:16} {coloured(value, words)}"
        return
    yield f"  {key}"
    for name, part in parts:
        yield f"    {name} {in_a_line(part, words)}"


def in_a_line(value: Any, words: Mapping[Any, str]) -> str:
    """A part with all that it says, in one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {in_a_line(part, words)}" for key, part in value.items())
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return "; ".join(f"({in_a_line(part, words)})" for part in value)
    return coloured(value, words)


def findings(
    found: list[dict[str, str]], words: Mapping[Any, str], state: str | None
) -> Iterator[str]:
    """Each finding: what it means, where it stands, the text that shows it."""
    if not found:
        is_seen = state not in ("unknown", "not_observed")
        yield "  " + typer.style(words["nothing" if is_seen else "unseen"], dim=True)
    for one in found:
        level = typer.style(
            f"{one['level']:7}", fg=COLOURS[one["level"]], bold=one["level"] == "error"
        )
        yield f"  {level} {one['message']} ({one['code']}, {one['rfc']})"
        shown = (
            f"{printable(one['where'])}: {printable(one['evidence'])}"
            if one["evidence"]
            else printable(one["where"])
        )
        yield "          " + typer.style(shown, dim=True)


def coloured(value: Any, words: Mapping[Any, str]) -> str:
    """One value; what is good green, what is bad red, what is not known yellow."""
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, list | Mapping):
        return printable(", ".join(map(str, value))) or words[None]
    text = f"{value:,}" if isinstance(value, int) else printable(str(value))
    colour = (
        "yellow"
        if value == "unknown"
        else "green"
        if value in GOOD
        else "red"
        if value in BAD
        else None
    )
    return typer.style(text, fg=colour) if colour else text
