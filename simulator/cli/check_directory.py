"""``check --directory``: the checks of the exchange that need its directory, off line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from simulator import resources
from simulator.cli.structure_files import structures_in
from simulator.domain.findings import Finding
from simulator.domain.judgement import Document
from simulator.domain.raccordement import Structure
from simulator.domain.reference import Options, Reference
from simulator.exchange import invoice_checks
from simulator.validation.offline import DirectoryChecks


class DirectoryBooks(msgspec.Struct, frozen=True):
    """What the checks of the exchange look up, without a journal."""

    reference: Reference
    structures: Mapping[str, Structure]

    def structure(self, identifier: str) -> Structure | None:
        """The directory entry of an identifier."""
        return self.structures.get(identifier)


def directory_checks(file: Path) -> DirectoryChecks:
    """The checks of a node with default options whose directory is this file.

    Raises:
        MissingResource: a table of the installation is missing.
        OSError: the file cannot be read.
        StructureFileError: it holds no structures.
    """
    # As after an import, the last entry of an identifier stands.
    structures = {s.identifier: s for s in structures_in(file)}
    books = DirectoryBooks(resources.reference(Options()), structures)

    def checks(document: Document, circuit: str) -> tuple[Finding, ...]:
        return invoice_checks.check(books, document, circuit).findings

    return checks
