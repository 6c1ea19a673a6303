"""The generated zone, and what is asked of it."""

from pathlib import Path

ZONE = "bench"
ASKED = (("", "TXT"), ("", "MX"), ("", "A"), ("", "AAAA"), ("_dmarc.", "TXT"))
SHARES = (8, 7, 7, 4, 6)  # of ten names have it: 36 % of the answers are negative
RECORDS = (
    '"v=spf1 include:_spf.{name} ip4:192.0.2.{octet} -all"',
    "10 mx{octet}.{name}.",
    "192.0.2.{octet}",
    "2001:db8::{octet}",
    '"v=DMARC1; p=reject; rua=mailto:dmarc@{name}"',
)


def write_zone(folder: Path, names: int) -> Path:
    """A zone of so many names."""
    path = folder / "bench.zone"
    with path.open("w") as file:
        file.write(f"{ZONE}. 300 IN SOA ns.{ZONE}. host.{ZONE}. 1 3600 600 86400 300\n")
        file.write(f"{ZONE}. 300 IN NS ns.{ZONE}.\nns.{ZONE}. 300 IN A 127.0.0.1\n")
        for number in range(names):
            name = f"n{number}.{ZONE}"
            for (prefix, qtype), share, rdata in zip(ASKED, SHARES, RECORDS, strict=True):
                if number % 10 < share:
                    value = rdata.format(name=name, octet=number % 250 + 1)
                    file.write(f"{prefix}{name}. 300 IN {qtype} {value}\n")
    return path


def write_root(folder: Path) -> Path:
    """A root zone of nothing else: a resolver is examined by its answer about the root."""
    path = folder / "root.zone"
    path.write_text(
        f". 300 IN SOA ns.{ZONE}. host.{ZONE}. 1 3600 600 86400 300\n. 300 IN NS ns.{ZONE}.\n"
    )
    return path


def write_questions(folder: Path, questions: int) -> Path:
    """The questions in dnsperf's form, one a line: name, type."""
    path = folder / "questions.txt"
    with path.open("w") as file:
        for number in range(questions):
            prefix, qtype = ASKED[number % len(ASKED)]
            file.write(f"{prefix}n{number // len(ASKED)}.{ZONE} {qtype}\n")
    return path
