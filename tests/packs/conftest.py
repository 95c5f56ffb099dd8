"""Packs written for a test, in a folder of their own."""

import pytest

from simulator import resources
from simulator.validation.packs import codelists, loading, selection

HEADER = """
name = "{name}"
version = "{version}"
title = "test"
source = "test"
mark = "assumed"
{more}
[defaults]
syntaxes = ["ubl"]
context = "/ubl:Invoice"
message = "{{rule}}: {{element}} '{{found}}'"
asked = "Expected {{expected}}, found {{found}}."
repair = {{ en = "Repair {{element}}.", fr = "Réparer {{element}}." }}
"""
CACHES = (loading.load, codelists.code_list, selection.selected)


@pytest.fixture
def write_pack(tmp_path, monkeypatch):
    """Writes a pack: ``write_pack(rules, name=..., version=..., folder=..., header=...)``."""
    packs = tmp_path / "schemas" / "rules" / "packs"
    lists = tmp_path / "schemas" / "codelists"
    packs.mkdir(parents=True)
    lists.mkdir(parents=True)
    (lists / "letters.toml").write_text(
        'title = "Letters"\nsource = "test"\ndate = 2026-01-01\nmark = "assumed"\ncodes = "A B"\n'
    )
    monkeypatch.setattr(resources, "root", lambda: tmp_path)
    for cached in CACHES:
        cached.cache_clear()

    def write(rules, *, name="test", version="1", folder=None, header=""):
        place = packs / (folder or name)
        place.mkdir(exist_ok=True)
        (place / "pack.toml").write_text(HEADER.format(name=name, version=version, more=header))
        (place / "rules.toml").write_text(rules)
        for cached in CACHES:
            cached.cache_clear()

    yield write
    for cached in CACHES:
        cached.cache_clear()
