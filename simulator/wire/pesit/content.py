"""Files to articles and back: binary or text, fixed or variable, ASCII or EBCDIC.

PeSIT carries records and leaves to the two sides what a record is. What products agree on:

- a binary file is cut into pieces of PI 32 and put together by joining them;
- a text file gives one article a line, without its line end; the receiver adds one. An empty line
  becomes one blank, because a data FPDU is never empty. Fixed articles are filled with blanks.

Source: formats TV, TF, BF, BU of Connect:Express as the Rust implementation notes them (deduced).
EBCDIC is code page 037, the one of the pre-connection (assumed for data; a setting).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from simulator.wire.pesit.errors import LocalProtocolError

LINE_FEED: Final = b"\n"
DEFAULT_ARTICLE: Final = 1024


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How a file of ours is laid out in articles.

    Attributes:
        article_length: octets of an article, at most (variable) or exactly (fixed).
        text: one article a line; else pieces of the article length.
        fixed: fill the last article or every line with blanks.
        ebcdic: code page of the data on the wire, ``""`` for the file's own octets.
    """

    article_length: int = DEFAULT_ARTICLE
    text: bool = False
    fixed: bool = False
    ebcdic: str = ""

    @property
    def blank(self) -> bytes:
        """One blank as it travels."""
        return " ".encode(self.ebcdic) if self.ebcdic else b" "


def cut(chunks: Iterable[bytes], layout: Layout) -> Iterator[bytes]:
    """The articles of a file that comes in chunks of any size.

    Raises `LocalProtocolError` for a line longer than an article.
    """
    articles = _lines(chunks) if layout.text else _pieces(chunks, layout.article_length)
    table = _translation("latin-1", layout.ebcdic) if layout.ebcdic else None
    for number, article in enumerate(articles, start=1):
        if len(article) > layout.article_length:
            words = f"line {number} has {len(article)} octets, an article {layout.article_length}"
            raise LocalProtocolError(words)
        found = article.translate(table) if table else article
        if layout.fixed and layout.text:
            found = found.ljust(layout.article_length, layout.blank)
        yield found or layout.blank


def join(articles: Iterable[bytes], layout: Layout) -> bytes:
    """The octets of the file that some articles are, in its own code page."""
    if layout.text:
        articles = (_line(one, layout) for one in articles)
    octets = b"".join(articles)
    if not layout.ebcdic:
        return octets
    if not layout.text:
        return octets.translate(_translation(layout.ebcdic, "latin-1"))
    return octets


def after(articles: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The articles after the first ``count``: what a restart sends."""
    for _ in range(count):
        if next(articles, None) is None:
            return
    yield from articles


def _line(article: bytes, layout: Layout) -> bytes:
    """One line of a text: padding off, code page back, line end on."""
    if layout.fixed or article == layout.blank:
        article = article.rstrip(layout.blank)
    if layout.ebcdic:
        article = article.translate(_translation(layout.ebcdic, "latin-1"))
    return article + LINE_FEED


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their ends; a last line may lack one."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(LINE_FEED)
        yield from (line.removesuffix(b"\r") for line in lines)
    if rest:
        yield rest.removesuffix(b"\r")


def _pieces(chunks: Iterable[bytes], length: int) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        whole = len(rest) - len(rest) % length
        yield from (rest[at : at + length] for at in range(0, whole, length))
        rest = rest[whole:]
    if rest:
        yield rest


def _translation(source: str, target: str) -> bytes:
    """A table for `bytes.translate` between two single-octet code pages."""
    return bytes(range(256)).decode(source).encode(target, errors="replace")
