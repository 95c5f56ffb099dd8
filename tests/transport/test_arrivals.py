"""Names on the disk for names of a peer."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.transport import arrivals
from simulator.transport.arrivals import local_name, put_in_place


@given(st.text(max_size=300), st.sets(st.text(max_size=3)))
@example("\N{WASTEBASKET}" * 100, set())
@example("\ud800", set())
def test_a_local_name_is_never_a_path_nor_taken_and_fits(name: str, taken: set[str]) -> None:
    local = local_name(name, taken)
    assert local not in taken
    assert local not in ("", ".", "..")
    assert not set(local) & set("/\\\0")
    assert len(f".{local}.part".encode()) <= 255


@pytest.mark.parametrize(
    ("name", "taken", "local"),
    [
        ("FSO1100A_A_1.xml", set(), "FSO1100A_A_1.xml"),
        ("a", {"a", "a.2"}, "a.3"),
        ("../../etc/passwd", set(), "passwd"),
        ("..\\..\\up", set(), "up"),
        (".bashrc", set(), "bashrc"),
        ("a\nb:c", set(), "a_b_c"),
        ("...", set(), "unnamed"),
    ],
)
def test_a_local_name_keeps_what_it_can(name: str, taken: set[str], local: str) -> None:
    assert local_name(name, taken) == local


def test_a_name_is_for_good_when_the_folder_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(arrivals, "sync_folder", synced.append)
    (tmp_path / "draft").write_text("new")
    (tmp_path / "a.xml").write_text("old")
    put_in_place(tmp_path / "draft", tmp_path / "a.xml")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.xml", "new")]
    assert synced == [tmp_path]
