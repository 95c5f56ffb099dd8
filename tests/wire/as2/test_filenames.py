"""A name from the wire cannot leave its folder, nor surprise whoever sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.as2.filenames import MAX_BYTES, announced_name, safe_name
from simulator.wire.as2.headers import Headers


@pytest.mark.parametrize(
    ("announced", "safe"),
    [
        ("FSO1100A_DEM002_DEM0021100000000000000001.tar.gz",) * 2,
        ("sans-extension", "sans-extension"),
        ("Facture été.xml", "Facture été.xml"),
        ("../../etc/passwd", "passwd"),
        (r"C:\temp\F.xml", "F.xml"),
        ("/absolute", "absolute"),
        ("C:F.xml", "C_F.xml"),
        ("a\x00b\r\nc.xml", "abc.xml"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("  .hidden ", "hidden"),
        ("nul", "_nul"),
        ("COM1.txt", "_COM1.txt"),
        ("console.txt", "console.txt"),
        ('a<b>"c|d?e*f', "a_b__c_d_e_f"),
        ("e\u0301.xml", "é.xml"),
        ("..", None),
        ("/", None),
        ("\x00", None),
    ],
)
def test_names(announced, safe):
    assert safe_name(announced) == safe


def test_a_long_name_keeps_its_extension():
    assert safe_name("é" * 300 + ".tar.gz") == "é" * 124 + ".tar.gz"
    assert len(safe_name("x" * 400)) == MAX_BYTES


@given(st.text())
def test_whatever_comes_stays_in_the_folder(announced):
    name = safe_name(announced)
    if name is not None:
        assert 0 < len(name.encode()) <= MAX_BYTES
        assert not set("/\\\x00\r\n:") & set(name)
        assert name not in {".", ".."}
        assert name[0] != "."
        assert safe_name(name) == name


def test_content_disposition_comes_before_the_name_of_the_type():
    fields = [("Content-Type", 'application/xml; name="type.xml"')]
    assert announced_name(Headers.of(fields)) == "type.xml"
    fields.append(("Content-Disposition", "attachment; filename=disposition.xml"))
    assert announced_name(Headers.of(fields)) == "disposition.xml"
    assert announced_name(Headers()) == ""
