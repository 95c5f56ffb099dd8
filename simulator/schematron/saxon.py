"""SaxonC: compiles each rule set once, runs it on documents. For worker processes only.

SaxonC keeps the interpreter's lock for a whole transformation and aborts in forked processes
(dossier schemas-and-corpora §2.3), so no process imports this that has anything else to do.
"""

from __future__ import annotations

import importlib
import os
import re
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from simulator.schematron.sch import compiled
from simulator.schematron.schparts import SchematronFault
from simulator.schematron.svrl import rules_of

# An error as it is told on the standard error: the exception itself has no code.
_CODE = re.compile(r"^ +([A-Z]{4}\d{4})\b", re.MULTILINE)
_PROTOCOLS = "http://saxon.sf.net/feature/allowedProtocols"
_SCHEMATRON = ".sch"
_LONGEST = 300
_MOST_READ = 64 << 10


class Stopped(Exception):
    """A stylesheet could not be compiled, or did not get to its end; the text says why."""


class Executable(Protocol):
    """What the engine makes of a stylesheet."""

    def set_capture_result_documents(self, value: bool) -> None:
        """Keeps documents that a stylesheet writes, instead of writing them."""

    def transform_to_string(self, *, xdm_node: object) -> str | None:
        """Runs it on a document."""


class Stylesheet(NamedTuple):
    """A rule set ready to run: the engine's executable, and the ids of its rules."""

    executable: Executable
    rules: tuple[str, ...]


class Saxon:
    """The engine. Takes over the standard error of the process, where SaxonC tells error codes.

    Raises:
        ImportError: the extra is not installed.
    """

    def __init__(self) -> None:
        # By name: the extra may be missing, and it has no type information.
        library: Any = importlib.import_module("saxonche")
        self._fault: type[Exception] = library.PySaxonApiError
        self._processor = library.PySaxonProcessor(license=False)
        self._processor.set_configuration_property(_PROTOCOLS, "file")
        self._compiler = self._processor.new_xslt30_processor()
        self._stylesheets: dict[str, tuple[int, Stylesheet | Stopped]] = {}
        self._errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - as long as the process
        os.dup2(self._errors.fileno(), 2)

    @property
    def version(self) -> str:
        """``SaxonC-HE 13.1``."""
        return str(self._processor.version).partition(" from ")[0]

    def stylesheet(self, file: str) -> Stylesheet:
        """The rule set of a file, compiled once and again when the file has changed.

        Raises:
            Stopped: it cannot be compiled.
        """
        try:
            stamp = Path(file).stat().st_mtime_ns
        except OSError as error:
            raise Stopped(str(error)) from None
        known = self._stylesheets.get(file)
        if known is None or known[0] != stamp:
            known = self._stylesheets[file] = (stamp, self._attempt(Path(file)))
        if isinstance(known[1], Stopped):
            raise known[1]
        return known[1]

    def _attempt(self, file: Path) -> Stylesheet | Stopped:
        try:
            if file.suffix.lower() == _SCHEMATRON:
                text = compiled(file)
                return Stylesheet(self._compiled(stylesheet_text=text), rules_of(text.encode()))
            return Stylesheet(
                self._compiled(stylesheet_file=str(file)), rules_of(file.read_bytes())
            )
        except (SchematronFault, OSError, SyntaxError) as error:
            return Stopped(str(error))
        except Stopped as stopped:
            return stopped

    def _compiled(self, **source: str) -> Executable:
        try:
            executable: Executable = self._compiler.compile_stylesheet(**source)
        except self._fault as error:
            raise Stopped(self._told(error)) from None
        executable.set_capture_result_documents(True)  # nothing is written to the disk
        return executable

    def tree(self, text: str) -> object:
        """A document for `run`. Raises `Stopped` if it is not well-formed."""
        try:
            tree: object = self._processor.parse_xml(xml_text=text)
        except self._fault as error:
            raise Stopped(self._told(error)) from None
        return tree

    def run(self, stylesheet: Stylesheet, tree: object) -> str:
        """What a rule set writes of a document. Raises `Stopped` if it stops on the way."""
        try:
            return stylesheet.executable.transform_to_string(xdm_node=tree) or ""
        except self._fault as error:
            raise Stopped(self._told(error)) from None
        finally:
            self._forget()

    def _told(self, error: Exception) -> str:
        """An error with its code (``FORG0001``), as far as it was told."""
        self._errors.seek(0)
        code = _CODE.search(self._errors.read(_MOST_READ).decode(errors="replace"))
        self._forget()
        text = " ".join(str(error).split())[:_LONGEST]
        return f"{code[1]}: {text}" if code and code[1] not in text else text

    def _forget(self) -> None:
        self._errors.truncate(0)
        self._errors.seek(0)
