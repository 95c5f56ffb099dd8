"""One engine process for all tests; those that need it skip without the extra."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator.schematron.process import Bounds, SchematronProcess, Subject
from simulator.schematron.rulesets import Applies, Ruled, RuleSet

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMA = '<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">{}</schema>'


@pytest.fixture(scope="session")
def extra() -> None:
    if not importlib.util.find_spec("saxonche"):
        pytest.skip("no saxonche: pip install aife-sim[schematron]")


@pytest.fixture(scope="session")
def process(extra: None) -> Iterator[SchematronProcess]:
    with SchematronProcess(Bounds(seconds=30)) as shared:
        yield shared


@pytest.fixture
def rule_set(tmp_path: Path) -> Callable[..., RuleSet]:
    """Writes a rule set, a schema unless its name says otherwise."""

    def written(content: str, name: str = "rules.sch", **applies: tuple[str, ...]) -> RuleSet:
        file = tmp_path / name
        text = SCHEMA.format(content) if name.endswith(".sch") else content
        file.write_text(text, encoding="utf-8")
        return RuleSet(name, "", "a test", "", str(file), Applies(**applies))

    return written


@pytest.fixture
def ruled(
    process: SchematronProcess, rule_set: Callable[..., RuleSet]
) -> Callable[[str, str | bytes], Ruled]:
    """Runs a schema on a document."""

    def run(schema: str, document: str | bytes) -> Ruled:
        content = document.encode() if isinstance(document, str) else document
        outcome = process.run(Subject(content, ""), [rule_set(schema)])
        assert outcome.problem == ""
        return outcome.rulings[0][1]

    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data, read where they lie, never copied."""
    folder = Path(os.environ.get("AIFE_SIM_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "corpus").is_dir() or not (folder / "standards").is_dir():
        pytest.skip("no reference corpus: set AIFE_SIM_SHARED")
    return folder
