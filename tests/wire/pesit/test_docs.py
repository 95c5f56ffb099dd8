"""The example of the documentation runs as it stands."""

import io
import re
from pathlib import Path

from simulator.wire.pesit.diagnostics import DIAGNOSTICS

DOCUMENT = Path(__file__).parents[3] / "docs" / "pesit-core.md"


def test_the_example_runs():
    [example] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    exec(compile(example, str(DOCUMENT), "exec"), {"__name__": "example"})


def test_the_files_it_names_exist():
    package = DOCUMENT.parents[1] / "simulator" / "wire" / "pesit"
    rows = re.findall(r"^\| (`[^|]*) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    names = [name for row in rows for name in re.findall(r"`([^`*]+\.py)`", row)]
    assert len(names) > 10
    assert all((package / name).exists() for name in names)


def test_the_example_of_recordings_runs():
    page = DOCUMENT.with_name("pesit.md").read_text("utf-8")
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {"__name__": "example"}
    exec(compile(example, "pesit.md", "exec"), names)
    stream = io.StringIO()
    names["record"](stream)
    assert "#   PI 3 requester id: 'DEM003'" in stream.getvalue()
    assert names["again"](stream.getvalue()) == []


def test_the_diagnostics_of_the_page_exist():
    page = DOCUMENT.with_name("pesit.md").read_text("utf-8")
    found = set(re.findall(r"\b[0-3]-\d{3}\b", page))
    assert found
    assert found <= {str(one) for one in DIAGNOSTICS}
