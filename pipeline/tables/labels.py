"""The words and number forms of everything that is printed, in English and Japanese."""

import re
from collections.abc import Sequence

from ..config import Cohort
from ..protocols.protocol import Class, Measure
from ..words import Denominator
from .reference import Language

DASH = "–"

TEXTS: dict[str, dict[Language, str]] = {
    "adoption": {"en": "Adoption", "ja": "普及率"},
    "mistakes": {"en": "Mistakes as {} counts them", "ja": "誤りの集計（{} の基準）"},
    "disagreement": {"en": "Where the readings disagree", "ja": "基準による判定の違い"},
    "share": {"en": "share", "ja": "割合"},
    "bounds": {"en": "(bounds)", "ja": "(範囲)"},
    "sampling": {"en": "[95 %]", "ja": "[95 %]"},
    "unknown": {"en": "?", "ja": "?"},
    "domains": {"en": "domains", "ja": "件数"},
    "sum": {"en": "sum of these classes", "ja": "上記の合計"},
    "broken": {"en": "distinct domains", "ja": "重複を除いた件数"},
    "worst": {"en": "most lookups", "ja": "最大の検索回数"},
    "only": {"en": "broken for {}, not for {}", "ja": "{} では不正、{} では不正でない"},
    "of_them": {"en": "· of them: {}", "ja": "・うち {}"},
    "not_observed": {"en": "not observed", "ja": "観測なし"},
    "listed_of": {"en": "{} of {} known", "ja": "既知 {1} 件中 {0} 件"},
    "listed": {"en": "{} domains", "ja": "{} ドメイン"},
    "counted": {"en": "{} {}", "ja": "{1} {0}"},
    "publish": {"en": "of {}", "ja": "{} 件中"},
    "perhaps": {"en": "+ {} perhaps", "ja": "他に不明 {}"},
    "note_bounds": {
        "en": "?: domains not known: asked without an answer, or not observed. (bounds): the share "
        "if all of them, and those that are perhaps in the denominator, fell one way or the other.",
        "ja": "?：不明なドメイン（応答がない、または観測対象外）。(範囲)：それらと、分母に属するか"
        "不明なドメインが、すべて一方に転んだ場合の割合。",
    },
    "note_smtp": {
        "en": "STARTTLS, certificates and DANE verified were not observed: {}.",
        "ja": "STARTTLS、証明書、DANE 証明書一致は観測していません（{}）。",
    },
    "note_https": {
        "en": "MTA-STS policies and BIMI logos were not observed: {}.",
        "ja": "MTA-STS ポリシーと BIMI ロゴは観測していません（{}）。",
    },
    "note_selectors": {
        "en": "DKIM: a survey cannot list selectors. At most {} a domain were asked for, from the "
        "list with the digest {} and those of the provider that MX or SPF names; others are "
        "unseen.",
        "ja": "DKIM：セレクターの一覧は取得できない。ドメインごとに最大 {} 個（ダイジェスト {} の"
        "一覧と、MX や SPF が示す事業者のもの）を問い合わせた。その他は観測できない。",
    },
    "note_sampling": {
        "en": "[95 %]: Wilson interval of a random sample.",
        "ja": "[95 %]：無作為標本の Wilson 信頼区間。",
    },
    "note_sum": {
        "en": "{}. Counted are domains that publish a record, with an MX or without. One may "
        "be in several classes; the sum and the distinct domains are of: {}.",
        "ja": "{}。MX の有無を問わず、レコードを公開するドメインを数える。一つのドメインが"
        "複数の分類に入ることがある。合計と重複を除いた件数の対象：{}。",
    },
    "note_source": {"en": "{}: {}; {}.", "ja": "{}：{}（{}）。"},
    "note_also": {
        "en": "{}: another figure for {} is {} ({}).",
        "ja": "{}：{} には {} との値もある（{}）。",
    },
}

DENOMINATORS: dict[Denominator, dict[Language, str]] = {
    Denominator.LISTED: {"en": "listed", "ja": "掲載"},
    Denominator.EXISTS: {"en": "that exist", "ja": "存在"},
    Denominator.WITH_MX: {"en": "with an MX", "ja": "MX あり"},
    Denominator.MAIL_CAPABLE: {"en": "that can receive mail", "ja": "メール受信可能"},
}


def say(key: str, lang: Language, *parts: object) -> str:
    """A text of the tables, its gaps filled."""
    return TEXTS[key][lang].format(*parts)


def short(texts: Sequence[str]) -> list[str]:
    """Meanings without what they add in brackets or after a semicolon: the labels of rows.

    Where that leaves two alike, both stay whole.
    """
    cut = [re.split(r"\s*[(（;；]", text, maxsplit=1)[0] for text in texts]
    return [
        label if cut.count(label) == 1 else text for label, text in zip(cut, texts, strict=True)
    ]


def called(things: Sequence[Measure | Class], lang: Language) -> dict[str, str]:
    """What measures or classes are called in a table, by their names."""
    labels = short([thing.en if lang == "en" else thing.ja for thing in things])
    return {thing.name: label for thing, label in zip(things, labels, strict=True)}


def title(cohort: Cohort) -> str:
    """What a cohort is called in a table's head."""
    return cohort.title or cohort.name


def count(number: int | None) -> str:
    """A number of domains. null: a dash."""
    return DASH if number is None else f"{number:,}"


def percent(share: float | None) -> str:
    """A share from 0 to 1 in percent. null: a dash."""
    return DASH if share is None else f"{digits(share)} %"


def digits(share: float) -> str:
    """A share in percent, one decimal; below one percent two figures, so that 0.004 is not 0.0.

    Only all of them are 100.0, and only none of them is 0.0.
    """
    value = share * 100
    if 0 < value < 0.995:
        return f"{value:.2g}" if value >= 0.0001 else "<0.0001"
    if 99.95 <= value < 100:
        return "99.9"
    return f"{value:.1f}"


def bounds(low: float | None, high: float | None) -> str:
    """Least and greatest share in percent; empty where both are printed alike."""
    if low is None or high is None or digits(low) == digits(high):
        return ""
    return f"({digits(low)}{DASH}{digits(high)})"
