"""pyas2lib can be had in spite of oscrypto's version pattern, and its absence is told in words.

Each claim runs in a process of its own: what an import leaves behind is the point.
"""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        check=False,
        text=True,
        cwd=REPOSITORY,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_it_loads_in_a_clean_process_and_leaves_re_as_it_was():
    code = """
import re
genuine = re.search
from simulator.transport.as2_pyas2 import load
first, again = load(), load()
assert first.module is again.module and first == again
assert re.search is genuine
print(first.version, first.module.Message.__name__, first.patched)
"""
    version, message, patched = run(code)
    assert (version.split(".")[0], message) == ("1", "Message")
    assert patched in {"True", "False"}


def test_the_pattern_is_widened_only_where_the_plain_import_fails():
    plain = """
try:
    import pyas2lib
    print("imports")
except Exception as error:
    print(type(error).__name__)
"""
    patched = "from simulator.transport.as2_pyas2 import load; print(load().patched)"
    assert run(patched) == [str(run(plain) == ["LibraryNotFoundError"])]


def test_another_openssl_version_of_two_digits_is_read_too():
    code = """
import re
from simulator.transport import as2_pyas2
with as2_pyas2._wide_version_pattern():
    print(re.search(as2_pyas2._NARROW, "OpenSSL 3.12.104 1 Jan 2030").group(1))
    print(re.search("b+", "abbc").group())
"""
    assert run(code) == ["3.12.104", "bb"]


def test_a_missing_package_is_told_with_what_to_do():
    code = """
import sys
sys.modules["pyas2lib"] = None
from simulator.transport.as2_pyas2 import Pyas2Unavailable, load
try:
    load()
except Pyas2Unavailable as error:
    assert "pip install pyas2lib" in str(error), error
    print("told")
"""
    assert run(code) == ["told"]


def test_a_failure_with_the_wider_pattern_leaves_no_half_made_module():
    code = """
import importlib, sys
from simulator.transport import as2_pyas2

class LibraryNotFoundError(Exception): pass

def fail(name):
    sys.modules["oscrypto"] = sys.modules["oscrypto.errors"] = object()
    raise LibraryNotFoundError("no libcrypto")

as2_pyas2.importlib = type("Fake", (), {"import_module": staticmethod(fail)})
try:
    as2_pyas2.load()
except as2_pyas2.Pyas2Unavailable as error:
    print([name for name in sys.modules if name.startswith("oscrypto")])
"""
    assert run(code) == ["[]"]
