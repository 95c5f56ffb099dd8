"""Compression, packing of articles, layout of files: each undoes the other, on anything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.wire import pesit as p
from simulator.wire.pesit.articles import MOST, pack, split
from simulator.wire.pesit.compression import LONGEST, Compressor, Expander, bound
from simulator.wire.pesit.errors import RemoteProtocolError
from simulator.wire.pesit.kinds import Kind

few = st.sampled_from(list(b"ab \x00"))
runs = st.builds(lambda one, n: bytes([one]) * n, few, st.integers(1, 200))
article = st.one_of(
    st.binary(min_size=1, max_size=300), st.lists(runs, min_size=1, max_size=6).map(b"".join)
)
kinds = st.builds(p.Compression, st.booleans(), st.booleans())


def never(deviation, words, code=None):
    pytest.fail(f"{deviation}: {words}")


# Compression.


# Parametrisation by hypothesis: pytest-twisted cannot run a @given test twice.


@given(
    tail=st.sampled_from(["blank", "kept"]),
    kind=kinds,
    articles=st.lists(article, max_size=8),
    points=st.sets(st.integers(0, 8)),
)
def test_compressed_articles_expand_again_whatever_the_peer_keeps(tail, kind, articles, points):
    compressor, expander = Compressor(kind), Expander(tail)
    for number, one in enumerate(articles):
        if number in points:
            compressor.reset()
            expander.reset()
        strings = compressor.compress(one)
        assert len(strings) <= bound(len(one))
        assert expander.expand(strings, never) == one


@given(kind=kinds, one=article)
def test_the_first_article_after_a_point_is_literal(kind, one):
    compressor = Compressor(kind)
    compressor.compress(one)
    compressor.reset()
    strings = compressor.compress(one)
    assert len(strings) == bound(len(one))
    assert strings[0] == min(len(one), LONGEST)


@given(st.binary(max_size=400))
def test_any_strings_expand_or_are_refused(strings):
    try:
        out = Expander("blank").expand(strings, lambda *found: None)
    except RemoteProtocolError:
        return
    assert len(out) <= LONGEST * len(strings)


@pytest.mark.parametrize(
    ("tail", "expected"), [("blank", b"xy\x40\x40\x40\x40"), ("kept", b"xycd\x00\x00")]
)
def test_past_a_shorter_article_the_profile_decides(tail, expected):
    expander = Expander(tail)
    expander.expand(b"\x04abcd", never)
    expander.expand(b"\x02xy", never)
    assert expander.expand(b"\xc6", never) == expected


def test_what_connect_express_keeps_lives_through_a_point():
    expander = Expander("kept")
    expander.expand(b"\x04abcd", never)
    expander.reset()
    expander.expand(b"\x01x", never)
    assert expander.expand(b"\xc4", never) == b"xbcd"


def test_long_repeats_take_two_octets_for_63():
    compressor = Compressor(p.Compression(horizontal=True))
    compressor.compress(b"first")
    assert compressor.compress(b"-" * 126) == b"\xbf-\xbf-"


# Articles.


@given(
    st.lists(st.binary(min_size=1, max_size=90), max_size=40),
    st.integers(10, 120),
    st.sampled_from(p.Packing),
)
def test_packed_articles_unpack_in_order_and_no_fpdu_is_too_long(articles, limit, packing):
    got, part = [], b""
    for kind, count, parts in pack(articles, limit, packing):
        body = b"".join(parts)
        assert 0 < len(body) <= limit - 6
        if kind is Kind.DTF:
            assert not part
            got += split(body, count)
        else:
            assert (kind is Kind.DTFDA) == (not part)
            part += body
            if kind is Kind.DTFFA:
                got.append(part)
                part = b""
    assert not part
    assert got == articles


def test_octet_6_is_never_1_and_never_past_255():
    counts = {count for _, count, _ in pack([b"x"] * 1000, 65535, p.Packing.WHOLE)}
    assert counts <= {0, *range(2, MOST + 1)}
    assert {kind for kind, _, _ in pack([b"x"] * 3, 100, p.Packing.SINGLE)} == {Kind.DTF}
    assert [count for _, count, _ in pack([b"x"] * 3, 100, p.Packing.SINGLE)] == [0, 0, 0]


@given(st.binary(max_size=200), st.integers(0, 255))
def test_any_dtf_splits_or_is_refused(body, count):
    try:
        articles = split(body, count)
    except RemoteProtocolError:
        return
    assert len(articles) == max(1, count)
    assert sum(map(len, articles)) <= len(body)


# Files.

LAYOUTS = [
    p.Layout(article_length=100),
    p.Layout(article_length=100, text=True),
    p.Layout(article_length=100, text=True, fixed=True),
    p.Layout(article_length=100, ebcdic="cp037"),
    p.Layout(article_length=100, text=True, ebcdic="cp037"),
    p.Layout(article_length=100, text=True, fixed=True, ebcdic="cp037"),
]
lines = st.lists(st.text("abcXYZ 0129éà", max_size=80), max_size=20)


@settings(max_examples=200)
@given(
    layout=st.sampled_from(LAYOUTS),
    lines=lines,
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=5),
)
def test_a_file_comes_back_from_its_articles(layout, lines, sizes):
    octets = "".join(f"{line.rstrip()}\n" for line in lines).encode("latin-1")
    chunks, at = [], 0
    while at < len(octets):
        chunks.append(octets[at : at + sizes[len(chunks) % len(sizes)]])
        at += len(chunks[-1])
    articles = list(p.cut(chunks, layout))
    assert all(0 < len(one) <= 100 for one in articles)
    assert p.join(articles, layout) == octets


def test_an_empty_line_travels_as_one_blank():
    assert list(p.cut([b"a\n\nb\n"], p.Layout(text=True))) == [b"a", b" ", b"b"]
    ebcdic = p.Layout(text=True, ebcdic="cp037")
    assert list(p.cut([b"A\n\n"], ebcdic)) == [b"\xc1", b"\x40"]


def test_line_ends_of_windows_are_removed_and_a_last_line_may_lack_one():
    assert list(p.cut([b"a\r", b"\nb"], p.Layout(text=True))) == [b"a", b"b"]


def test_fixed_text_is_filled_with_blanks():
    layout = p.Layout(text=True, fixed=True, article_length=4)
    assert list(p.cut([b"ab\n"], layout)) == [b"ab  "]


def test_a_line_longer_than_an_article_is_refused_with_its_number():
    with pytest.raises(p.LocalProtocolError, match="line 2 has 5 octets"):
        list(p.cut([b"a\nbbbbb\n"], p.Layout(text=True, article_length=4)))


def test_a_restart_skips_the_articles_before_the_point():
    assert list(p.after(iter([b"1", b"2", b"3"]), 2)) == [b"3"]
    assert list(p.after(iter([b"1"]), 5)) == []
