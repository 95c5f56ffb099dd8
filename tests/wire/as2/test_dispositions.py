"""Dispositions: old spellings are read, ours are written as the texts have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.as2 import dispositions
from simulator.wire.as2.dispositions import Disposition, parse_disposition

MODE = "automatic-action/MDN-sent-automatically; "


@pytest.mark.parametrize(
    ("value", "verdict", "text"),
    [
        ("processed", "processed", ""),
        ("Processed", "processed", ""),
        ("processed/error: authentication-failed", "error", "authentication-failed"),
        ("processed/Error: decryption-failed", "error", "decryption-failed"),
        ("processed/ERROR:x: y", "error", "x: y"),
        ("processed/warning: duplicate-document", "warning", "duplicate-document"),
        ("processed/Warning", "warning", ""),
        ("failed/Failure: unsupported format", "failed", "unsupported format"),
        ("failed", "failed", ""),
        ("deleted", "unknown", ""),
        ("", "unknown", ""),
    ],
)
@pytest.mark.parametrize("mode", [MODE, MODE.upper(), "manual-action/MDN-sent-manually ;", ""])
def test_every_spelling_is_read(mode, value, verdict, text):
    found = parse_disposition(mode + value)
    assert (found.verdict, found.text) == (verdict, text)
    assert found.is_positive == (verdict in {"processed", "warning"})


OURS = [value for value in vars(dispositions).values() if isinstance(value, Disposition)]


@pytest.mark.parametrize("ours", OURS, ids=lambda ours: ours.text or ours.type)
def test_ours_read_as_written(ours):
    assert parse_disposition(str(ours)) == ours


def test_the_table_is_complete():
    assert {ours.text for ours in OURS} >= {
        "authentication-failed",
        "decryption-failed",
        "decompression-failed",
        "integrity-check-failed",
        "insufficient-message-security",
        "unexpected-processing-error",
        "unknown-trading-relationship",
        "duplicate-filename",
        "illegal-filename",
        "invalid-message-id",
        "duplicate-document",
        "unsupported format",
        "unsupported MIC-algorithms",
        "sender-equals-receiver",
    }


def test_the_exact_words():
    assert str(dispositions.PROCESSED) == f"{MODE}processed"
    assert str(dispositions.DECRYPTION_FAILED) == f"{MODE}processed/error: decryption-failed"
    assert str(dispositions.UNSUPPORTED_FORMAT) == f"{MODE}failed/failure: unsupported format"


@given(st.text())
def test_nothing_raises(value):
    parse_disposition(value)
