"""The example of the documentation runs as it stands."""

import re
from pathlib import Path

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
