"""What a finding means: its source, an example, what to do, and where it counts as broken.

All of it is the protocols' own: FINDINGS and RULE_SETS. Nothing is said here that they do not say.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import typer

from .config import ConfigError
from .protocols import ALL
from .protocols.protocol import Finding, MailProtocol
from .report.page import COLOURS
from .report.terminal import printable
from .tables.layout import fold, width
from .tables.reference import Language

BOTH: tuple[Language, ...] = ("en", "ja")
MOST = 100  # cells in a line
LEAST = 20  # a narrower terminal is not worth folding for
STEP = 2  # cells of one indent
GAP = "  "  # between a command and what it does

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "error": "error: receivers or senders act as if it were broken",
        "warning": "warning: works, but not as its owner will want",
        "note": "note: worth knowing, harms nobody by itself",
        "example": "Example",
        "fix": "What to do",
        "broken": "Counts as broken in",
        "counted": "Counted, but not as broken, in",
        "nowhere": "No rule set counts it: it is in no table of mistakes.",
        "next": "Next",
        "sample": "a sheet for checking this rule by hand",
        "why": "the records behind the verdict on one domain",
        "tables": "how many domains each rule set counts",
    },
    "ja": {
        "error": "error：受信側または送信側は壊れているものとして扱う",
        "warning": "warning：動作はするが、意図どおりではないおそれがある",
        "note": "note：知っておくとよいこと。それだけでは害はない",
        "example": "例",
        "fix": "対処",
        "broken": "誤りとして数える規則集合",
        "counted": "集計はするが誤りとしては数えない規則集合",
        "nowhere": "どの規則集合も数えないため、誤りの表には現れません。",
        "next": "次に使うコマンド",
        "sample": "この規則を人手で確かめるための標本",
        "why": "あるドメインの判定の根拠となったレコード",
        "tables": "規則集合ごとのドメイン数",
    },
}


class UnknownCode(ConfigError):
    """No protocol has such a finding: one line with those that are close."""


def rule_of(code: str) -> tuple[MailProtocol, Finding]:
    """The finding of this code, and whose it is. Raises UnknownCode."""
    for protocol in ALL:
        for finding in protocol.FINDINGS:
            if finding.code == code:
                return protocol, finding
    raise UnknownCode(f"no finding {printable(code, 80)!r}; {suggestion(code)}")


def suggestion(code: str) -> str:
    """The codes that someone may have meant, or where to find them."""
    codes = [finding.code for protocol in ALL for finding in protocol.FINDINGS]
    wanted = code[:80].strip().lower()
    near = get_close_matches(wanted, codes, n=4)
    if not near:  # a word of it, or the code without its protocol
        word = wanted.rpartition(".")[2]
        near = [known for known in codes if word and word in known][:4]
    return f"close: {', '.join(near)}" if near else "mailsurvey explain lists them all"


def explained(code: str, languages: Sequence[Language] = BOTH, cells: int = MOST) -> Iterator[str]:
    """Lines of text, safe for a terminal of so many cells. Raises UnknownCode."""
    protocol, finding = rule_of(code)
    level = typer.style(finding.level, fg=COLOURS[finding.level], bold=finding.level == "error")
    yield f"{typer.style(finding.code, bold=True)}  {level}  {printable(finding.rfc)}"
    for language in languages:
        yield ""
        yield from meaning(protocol, finding, language, cells)
    yield ""
    yield from next_commands(protocol, finding, languages[0], cells)


def meaning(
    protocol: MailProtocol, finding: Finding, language: Language, cells: int
) -> Iterator[str]:
    """One language's part: what it means, an example, what to do, who counts it."""
    words = WORDS[language]
    is_english = language == "en"
    yield from indented(finding.en if is_english else finding.ja, cells)
    yield from indented(words[finding.level], cells)
    yield from titled(words["example"], finding.example, cells)
    yield from titled(words["fix"], finding.fix_en if is_english else finding.fix_ja, cells)
    broken, counted = counting(protocol, finding.code, language)
    yield from titled(words["broken"], "\n".join(broken), cells)
    yield from titled(words["counted"], "\n".join(counted), cells)
    if not broken and not counted:
        yield from indented(words["nowhere"], cells)


def counting(protocol: MailProtocol, code: str, language: Language) -> tuple[list[str], list[str]]:
    """The classes that a code puts a domain into: those that count as broken, and the others."""
    broken: list[str] = []
    counted: list[str] = []
    for rules in protocol.RULE_SETS:
        for kind in rules.classes:
            if code in kind.codes:
                said = kind.en if language == "en" else kind.ja
                into = broken if kind.name in rules.broken else counted
                into.append(f"{rules.name}, {kind.name}: {said}")
    return broken, counted


def next_commands(
    protocol: MailProtocol, finding: Finding, language: Language, cells: int
) -> Iterator[str]:
    """What one may want to do then, a command a line."""
    words = WORDS[language]
    commands = {
        f"mailsurvey sample RUN {finding.code} -n 100": words["sample"],
        f"mailsurvey why RUN DOMAIN {protocol.NAME}": words["why"],
        "mailsurvey tables RUN": words["tables"],
    }
    yield words["next"]
    longest = max(map(len, commands))
    fits = all(STEP + longest + len(GAP) + width(said) <= cells for said in commands.values())
    for command, said in commands.items():
        if fits:
            yield f"{' ' * STEP}{command:{longest}}{GAP}{said}"
        else:
            yield " " * STEP + command  # whole, so that it can be copied
            yield from indented(said, cells, 2 * STEP)


def titled(title: str, text: str, cells: int) -> Iterator[str]:
    """A title and the text below it; nothing where there is no text."""
    if text:
        yield from indented(title, cells)
        yield from indented(text, cells, 2 * STEP)


def indented(text: str, cells: int, indent: int = STEP) -> Iterator[str]:
    """A text folded to the terminal's width; its own line breaks are kept."""
    room = max(cells, LEAST) - indent
    for part in text.split("\n"):
        for line in fold(printable(part), room):
            yield " " * indent + line


def listing(languages: Sequence[Language] = BOTH, cells: int = MOST) -> Iterator[str]:
    """Every code by protocol, with what it means in a line."""
    for protocol in ALL:
        yield typer.style(protocol.NAME.upper(), bold=True)
        for finding in protocol.FINDINGS:
            level = typer.style(f"{finding.level:7}", fg=COLOURS[finding.level])
            yield f"  {level} {finding.code}"
            for language in languages:
                text = finding.en if language == "en" else finding.ja
                yield from indented(text, cells, 5 * STEP)
        yield ""
