"""List files as people have them: format, packing, encoding, columns."""

import gzip
import json
import lzma
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ConfigError, ListFile
from pipeline.population import files, sheets, tables, zonefile
from pipeline.population.lists import Item, read_list


@pytest.fixture
def items(tmp_path):
    def read(name, content, **spec):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_list(path, ListFile(name, **spec)))

    return read


@pytest.fixture
def texts(items):
    return lambda *given, **spec: [(item.line, item.text) for item in items(*given, **spec)]


@pytest.fixture
def fault(items):
    def read(*given, **spec):
        with pytest.raises(ConfigError) as caught:
            items(*given, **spec)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return read


def test_plain_text(texts):
    plain = "# head\n\na.jp # note\nb.jp ; note\r\n// old.jp\n ;x\nc.jp;d.jp\nhttps://e.jp/#f"
    assert texts("l.txt", plain) == [
        (3, "a.jp"),
        (4, "b.jp"),
        (7, "c.jp;d.jp"),
        (8, "https://e.jp/#f"),
    ]
    assert texts("l", "a.jp\rb.jp") == [(1, "a.jp"), (2, "b.jp")]
    assert texts("empty.txt", "") == []


JAPANESE = "名前,地域\r\n日本.jp,東京\r\nドメイン.jp,大阪\r\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932"]
)
def test_encodings_are_found(items, encoding):
    found = items("l.csv", JAPANESE.encode(encoding))
    assert found == [Item(2, "日本.jp", {"地域": "東京"}), Item(3, "ドメイン.jp", {"地域": "大阪"})]


def test_an_encoding_can_be_said(items, fault):
    euc = JAPANESE.encode("euc_jp")
    assert [item.text for item in items("l.csv", euc, encoding="euc_jp")] == [
        "日本.jp",
        "ドメイン.jp",
    ]
    assert "l.csv:1: not utf-8; allowed: encoding = one of" in fault("l.csv", euc, encoding="utf-8")


def test_what_cannot_be_decoded_has_its_line(fault):
    assert "l.txt:3: not utf-8 nor cp932; allowed: encoding = one of" in fault(
        "l.txt", b"a.jp\nb.jp\n\xff\xfd.jp\n"
    )
    assert "l.txt:3: not utf-8 nor cp932" in fault("l.txt", b"a.jp\nb.jp\n\x81\x20.jp\n")
    assert "l.txt:2: not utf-16" in fault("l.txt", "a.jp\nb".encode("utf-16") + b"\x00\xd8")


ZSTD = pa.Codec("zstd")


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        (".gz", gzip.compress),
        (".xz", lzma.compress),
        (".zst", lambda raw: ZSTD.compress(raw, asbytes=True)),
    ],
)
def test_packed_files(items, fault, monkeypatch, ending, pack):
    csv = b"domain,kind\na.jp,x\n"
    assert items("l.csv" + ending, pack(csv)) == [Item(2, "a.jp", {"kind": "x"})]
    assert items("l.csv", pack(csv)) == [Item(2, "a.jp", {"kind": "x"})]  # by content
    assert len(items("l" + ending, pack(b"a.jp\n") + pack(b"b.jp\n"))) == 2  # two streams
    assert "l.csv.x:1: broken" in fault("l.csv.x", pack(csv)[:-5], format="csv")
    monkeypatch.setattr(files, "MOST_BYTES", 100_000)
    assert "too large; allowed: up to 100,000 bytes" in fault("l" + ending, pack(bytes(10**6)))
    assert "too large" in fault("l.txt", bytes(10**6))


def test_xz_may_not_ask_for_any_memory(fault, monkeypatch):
    packed = lzma.compress(b"a.jp", preset=9)  # wants 65 MiB
    monkeypatch.setattr(files, "XZ_MEMORY", 1 << 20)
    assert "broken xz" in fault("l.xz", packed)


CSV = [
    # csv, settings, what is read
    ("domain\na.jp\nb.jp\n", {}, [(2, "a.jp"), (3, "b.jp")]),
    ("a.jp\nb.jp\n", {}, [(1, "a.jp"), (2, "b.jp")]),
    ("id,URL,name\n1,http://a.jp/,Foo\n", {}, [(2, "Foo")]),  # `name` is before `url`
    ("id,URL,name\n1,http://a.jp/,Foo\n", {"column": "URL"}, [(2, "http://a.jp/")]),
    ("id,URL,name\n1,http://a.jp/,Foo\n", {"column": 2}, [(2, "http://a.jp/")]),
    ("1,a.jp\n2,b.jp\n", {}, [(1, "a.jp"), (2, "b.jp")]),
    ("1,a.jp\n2,b.jp\n", {"column": 2}, [(1, "a.jp"), (2, "b.jp")]),
    ("rank;Web_Page\n1;a.jp\n", {}, [(2, "a.jp")]),
    ("rank\tドメイン名\n1\ta.jp\n", {}, [(2, "a.jp")]),
    ('x,host\n"a\nb","a.jp, b.jp"\n1,c.jp\n', {}, [(2, "a.jp, b.jp"), (4, "c.jp")]),
    ("# note\n\nx,host\n1,\n2,a.jp\n3\n", {}, [(5, "a.jp")]),
    ("x,y\n1,a.jp\n2,b.jp\n", {}, [(2, "a.jp"), (3, "b.jp")]),  # the only column of names
    ("a.jp\nb.jp, www.b.jp\nc.jp\n", {}, [(1, "a.jp"), (2, "b.jp, www.b.jp"), (3, "c.jp")]),
]


@pytest.mark.parametrize(("csv", "settings", "expected"), CSV)
def test_csv(texts, csv, settings, expected):
    assert texts("l.csv", csv, **settings) == expected
    assert texts("l.csv", csv.replace("\n", "\r\n"), **settings) == expected


def test_csv_that_is_not_clear(fault):
    two = "x,y,z\na.jp,b.jp,1\n"
    assert "l.csv:1: which column holds the names?; allowed: column = 1 ('x'), 2 ('y')" in fault(
        "l.csv", two
    )
    assert "no column 'w'; allowed: 1 ('x')" in fault("l.csv", two, column="w")
    assert "no column 4; allowed: 1 ('x')" in fault("l.csv", two, column=4)
    assert "no column 'w'" in fault("l.csv", two, column=1, strata=("w",))
    assert "l.csv:2: no CSV" in fault("l.csv", "a,b\n1," + "x" * 200_000 + "\n", column=1)


def test_strata(items):
    csv = "host,kind,,note\na.jp, co ,x,\n"
    assert items("l.csv", csv)[0].strata == {"kind": "co", "column 3": "x"}
    assert items("l.csv", csv, strata=("note", 3))[0].strata == {"column 3": "x"}
    assert items("l.csv", csv, strata=())[0].strata == {}
    assert len(items("l.csv", f"host,kind\na.jp,{'x' * 999}\n")[0].strata["kind"]) == 200


def test_a_text_file_with_a_column_is_a_csv(texts, fault):
    assert texts("l.txt", "1,a.jp\n", column=2) == [(1, "a.jp")]
    assert "a text file has no columns" in fault("l.txt", "a.jp", strata=("kind",))
    assert "what kind of file is 'l.pdf'?; allowed: format = one of text, csv" in fault("l.pdf", "")
    assert texts("l.pdf", "a.jp", format="text") == [(1, "a.jp")]


JSON = [
    (["a.jp", "b.jp"], {}, [(1, "a.jp"), (2, "b.jp")]),
    ([{"url": "a.jp"}, {"x": 1}, {"url": "b.jp"}], {}, [(1, "a.jp"), (3, "b.jp")]),
    ([{"q": "a.jp", "r": "b.jp"}], {"column": "r"}, [(1, "b.jp")]),
    ([{"domain": ["a.jp", "b.jp"]}], {}, [(1, "a.jp b.jp")]),
    ({"meta": {"n": 2}, "data": {"domains": ["a.jp"]}}, {}, [(1, "a.jp")]),
    ([None, 5, "\ud800a.jp"], {}, [(2, "5"), (3, "?a.jp")]),
]


@pytest.mark.parametrize(("value", "settings", "expected"), JSON)
def test_json(texts, value, settings, expected):
    assert texts("l.json", json.dumps(value, indent=1), **settings) == expected


def test_json_that_is_not_clear(fault):
    assert "l.json:2: no JSON" in fault("l.json", '["a.jp",\n"b.jp"')
    assert "several lists: 'a', 'b'" in fault("l.json", '{"a": ["x.jp"], "b": ["y.jp"]}')
    assert "no list" in fault("l.json", '{"a.jp": 1}')
    assert "nested too deeply" in fault("l.json", "[" * 10**5)
    assert "number too long" in fault("l.json", "[" + "1" * 5000 + "]")
    assert "l.json:2: item 2 is no object" in fault("l.json", '[{"name": "a.jp"}, "b.jp"]')


def test_json_lines(texts, fault):
    assert texts("l.jsonl", '{"name": "a.jp"}\n\n{"name": "b.jp"}') == [(1, "a.jp"), (3, "b.jp")]
    assert "l.ndjson:2: not one JSON value" in fault("l.ndjson", '"a.jp"\n{')


def test_parquet(items, fault, tmp_path):
    table = pa.table({"n": [1, 2], "fqdn": ["a.jp", None], "kind": ["x", "y"]})
    pq.write_table(table, tmp_path / "made.parquet")
    raw = (tmp_path / "made.parquet").read_bytes()
    assert items("l.parquet", raw) == [Item(1, "a.jp", {"n": "1", "kind": "x"})]
    assert [item.text for item in items("l.parquet", raw, column=3)] == ["x", "y"]
    assert "l.parquet:1: no Parquet" in fault("l.parquet", raw[:-9])
    assert "no column 'host'" in fault("l.parquet", raw, column="host")


ZONE = """\
; a registry's zone
$TTL 1d
@   IN SOA a.dns.jp. root.dns.jp. ( 1 3600 ; (
        900 1814400 900 )
    NS a.dns.jp.
$ORIGIN go.jp.
AEC 3600 IN NS ns1
    IN 3600 NS "ns2"
b.b NS ns.b
c.go.jp. in ns ns.b
ns1 A 192.0.2.1
$ORIGIN lg.jp.
d   1h  NS ns
@   MX 10 mail
e\\.f NS ns
"""


def test_a_zone_s_delegations(texts):
    assert texts("x.zone", "$ORIGIN jp.\n" + ZONE) == [
        (8, "aec.go.jp"),
        (10, "b.b.go.jp"),
        (11, "c.go.jp"),
        (14, "d.lg.jp"),
        (16, "e\\.f.lg.jp"),
    ]


def test_a_zone_without_delegations_is_all_its_owners(texts, fault):
    zone = "$ORIGIN a.jp.\n@ MX 10 m\nm A 192.0.2.1\n  AAAA ::1\nb.jp. MX 10 m\n"
    assert texts("x.zone", zone) == [(2, "a.jp"), (3, "m.a.jp"), (5, "b.jp")]
    assert "x.zone:1: a parenthesis is never closed" in fault("x.zone", "a.jp. TXT (\nx\n")
    assert "x.zone:2: $INCLUDE is not followed" in fault("x.zone", "\n$INCLUDE /etc/passwd\n")
    assert "a zone file has no columns" in fault("x.zone", zone, column=1)


def xlsx(tmp_path, sheet, shared="<si><t>name</t></si><si><r><t>a</t></r><r><t>.jp</t></r></si>"):
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    path = tmp_path / "made.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", f'<workbook {main} {rel}><sheet r:id="r1"/></workbook>')
        archive.writestr(
            "xl/_rels/workbook.xml.rels", '<R><x Id="r1" Target="/xl/worksheets/s.xml"/></R>'
        )
        archive.writestr("xl/sharedStrings.xml", f"<sst {main}>{shared}</sst>")
        archive.writestr("xl/worksheets/s.xml", f"<worksheet {main}>{sheet}</worksheet>")
    return path.read_bytes()


def test_xlsx(texts, fault, tmp_path):
    good = (
        '<row r="1"><c r="B1" t="s"><v>0</v></c></row><row r="3"/>'
        '<row r="4"><c r="A4"><v>7</v></c><c r="B4" t="s"><v>1</v></c></row>'
        '<row r="5"><c r="B5" t="inlineStr"><is><t>b.jp</t></is></c></row>'
    )
    assert texts("l.xlsx", xlsx(tmp_path, good)) == [(4, "a.jp"), (5, "b.jp")]
    for bad in ('<row><c t="s"><v>9</v></c></row>', '<row><c t="s"><v>x</v></c></row>', "<row"):
        assert "save it as CSV" in fault("l.xlsx", xlsx(tmp_path, bad))
    assert "save it as CSV" in fault("l.xlsx", b"a.jp\n")


def test_sheets_are_bounded(fault, tmp_path, monkeypatch):
    bomb = xlsx(tmp_path, "", shared="<si><t>" + "x" * 10**6 + "</t></si>")
    monkeypatch.setattr(sheets, "MOST_XML", 10**5)
    assert "too large" in fault("l.xlsx", bomb)


@given(st.binary(max_size=300), st.sampled_from(["text", "csv", "json", "jsonl", "zone"]))
def test_any_bytes_are_items_or_one_line(tmp_path_factory, raw, kind):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(raw)
    found, said = [], ""
    try:
        found = list(read_list(path, ListFile("any", format=kind)))
    except ConfigError as fault:
        said = str(fault)
    assert "\n" not in said
    for item in found:
        assert item.line >= 1
        assert item.text == item.text.strip() != ""
        item.text.encode()


@given(st.text('ab.@\\();"$ \t\n1', max_size=60))
def test_any_zone_text_is_read_or_refused(text):
    try:
        for line, name in zonefile.delegated(text, "zone"):
            assert 1 <= line <= text.count("\n") + 1
            assert isinstance(name, str)
    except ConfigError:
        pass


@given(st.lists(st.lists(st.text("ab,;\"' \n", max_size=5), min_size=2, max_size=2), min_size=3))
def test_a_csv_s_cells_come_back(rows):
    import csv
    from io import StringIO

    out = StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["x", "y"], *rows])
    read = [cells for _, cells in tables.csv_rows(out.getvalue(), "l.csv")]
    assert read == [["x", "y"], *(row for row in rows if any(row))]
