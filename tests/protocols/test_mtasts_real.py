"""Real MTA-STS records and policies, with checkdmarc as a second opinion (no network)."""

import gzip
import json
from collections import Counter
from pathlib import Path

import checkdmarc.mta_sts
import yaml

from pipeline.protocols import mtasts

CASES = yaml.safe_load((Path(__file__).parent.parent / "cases" / "mtasts.yaml").read_text("utf-8"))


def records(shared: Path, label: str) -> list[str]:
    """The texts that stand at names that begin so; 103 more of the 149 names are aliases."""
    with gzip.open(shared / "real" / "dns" / "records.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        "".join(row["strings"])
        for row in rows
        if row["type"] == "TXT" and row["name"].lower().startswith(label)
    ]


def test_records(shared: Path) -> None:
    """Every one of them is a good record, for both; the figures were counted by hand."""
    texts = records(shared, "_mta-sts.")
    for text in set(texts):
        record = mtasts.parse(text.encode())
        assert record is not None, text
        assert not record.faults, text
        assert record.id == checkdmarc.mta_sts.parse_mta_sts_record(text)["tags"]["id"]
    assert len(texts) == 46


def theirs(policy: bytes) -> tuple[str, int, list[str]] | None:
    """checkdmarc's mode, max_age and mx; None: not valid."""
    try:
        parsed = checkdmarc.mta_sts.parse_mta_sts_policy(policy.decode())["policy"]
    except checkdmarc.mta_sts.MTASTSPolicySyntaxError:
        return None
    return parsed["mode"], parsed["max_age"], [pattern.lower() for pattern in parsed["mx"]]


def test_policies(shared: Path) -> None:
    """65 policies of 20 sites, byte for byte, older versions among them."""
    files = sorted((shared / "real" / "mtasts").glob("*.txt"))
    modes: Counter[str] = Counter()
    broken = {}
    for path in files:
        body = path.read_bytes()
        policy = mtasts.parse_policy(body)
        ours = (policy.mode, policy.max_age, list(policy.patterns)) if policy.is_valid else None
        assert ours == theirs(body), path.name
        modes[str(policy.mode) if policy.is_valid else "broken"] += 1
        if not policy.is_valid:
            broken[path.stem] = {fault.finding.code.split("_", 1)[1] for fault in policy.faults}
    assert len(files) == 65
    assert broken == {
        "arifcoreazure_mta-sts-nlhf2--fa949fd": {"mode", "max_age_short"},  # enforced
        "mta-sts.adisa.org.uk--1927416": {"max_age_short", "mx_invalid"},  # mx: .
        "mta-sts.adisa.org.uk--3b6edfe": {"max_age"},  # enforce
        "mta-sts.argia.be--0be1dfa": {"mode"},  # [testing]
        "mta-sts.argia.be--59d7d08": {"mode"},
        # comments behind the values, as the template of a tutorial has them
        "mta-sts.beaumontleys.leicester.sch.uk--e63d41d": {"mode", "mx_invalid", "max_age", "line"},
        "mta-sts.bldmerej.bham.sch.uk--77253aa": {"mode", "mx_invalid", "max_age", "line"},
        "mta-sts.criminaljusticehub.org.uk--4dcc504": {"mode", "mx_invalid", "max_age"},
        "mta-sts.saludrgv.com--c72ac6c": {"mode", "mx_invalid", "max_age"},
        "mta-sts.sbcountyatc.gov--f83d252": {"mode", "mx_invalid", "max_age"},
        "mta-sts.beaumontleys.leicester.sch.uk--6b21ff1": {"version", "unknown_field"},  # eversion
        "mta-sts.saludrgv.com--4655069": {"max_age"},
        "mta-sts.saludrgv.com--bbeb5fe": {"mode", "max_age"},
    }
    assert modes == {"enforce": 26, "testing": 22, "none": 4, "broken": 13}


TXT_DIFFERS = {
    "  v=STSv1; id=a": "§3.1: begins with the version; white space before it is skipped",
    "v=STSv1; id=a ": "§3.1: white space stands around semicolons; it is skipped at the end, too",
}
LINES = "§3.2: a line that is no field is skipped, with a finding; it drops the policy"
POLICY_DIFFERS = {"version: STSv1\n# policy\nmode: none\nmax_age: 604800\n": LINES}


def test_second_opinion_on_the_cases() -> None:
    for case in CASES["records"]:
        (text, *more) = case["txt"]
        if not more:
            try:
                checkdmarc.mta_sts.parse_mta_sts_record(text)
                is_valid = True
            except checkdmarc.mta_sts.MTASTSError:
                is_valid = False
            differs = is_valid != (case["state"] == "valid")
            assert differs == (text in TXT_DIFFERS), text
    for case in CASES["policies"]:
        text = case["policy"]
        parsed = theirs(text.encode())
        ours = (case["mode"], case["max_age"], case["mx"]) if "mode" in case else None
        if ours and parsed:  # it keeps a pattern that stands there twice, in either spelling
            parsed = (*parsed[:2], list(dict.fromkeys(parsed[2])))
        assert (parsed != ours) == (text in POLICY_DIFFERS), text
