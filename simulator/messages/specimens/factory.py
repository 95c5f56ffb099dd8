"""Which syntaxes a specimen can be written in, and what each asks of it first.

How a rule of a pack is broken is for `validation.packs.breaking`, which knows the packs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

import msgspec

from simulator.messages.specimens import cii, cpp, dialect, facturx, ubl
from simulator.messages.specimens.model import Circuit, Specimen
from simulator.messages.specimens.page import page
from simulator.messages.specimens.parts import Attachment, Preceding
from simulator.messages.specimens.profiles import basic
from simulator.messages.specimens.streaming import Writer, pieces

Syntax = Literal["ubl", "ubl-creditnote", "cii-d16b", "cii-d22b", "factur-x", "cpp"]
SYNTAXES: tuple[Syntax, ...] = get_args(Syntax)

_WRITERS: Mapping[Syntax, Writer] = {
    "ubl": ubl.WRITER,
    "ubl-creditnote": ubl.WRITER,
    "cii-d16b": cii.WRITER,
    "cii-d22b": cii.WRITER,
    "cpp": cpp.WRITER,
}
_PDF = "application/pdf"
_READABLE = "LISIBLE"


# Who invoices whom, where it is not as `Specimen` has it: structures of the demo directory.
_PARTIES = {
    "g2b-issuer": {
        "supplier": "12345678200051",
        "supplier_name": "COMMUNE DE DEMONSTRATION",
        "recipient": "90000000700018",
        "recipient_name": "MENUISERIE IMAGINAIRE",
    }
}


def of_circuit(circuit: Circuit) -> Specimen:
    """A plain specimen between parties that invoice each other on a circuit."""
    return msgspec.structs.replace(Specimen(circuit=circuit), **_PARTIES.get(circuit, {}))


def written(spec: Specimen, syntax: Syntax) -> Iterator[bytes]:
    """The document of a specimen, piece by piece; the same specimen gives the same bytes.

    Raises:
        ValueError: the syntax cannot say what the specimen asks for (see `fitted`), an issue date
            that is not one, or no lines.
        MissingResource: a PDF is needed, and a package for it is not installed.
    """
    fit = fitted(spec, syntax)
    return facturx.pieces(fit) if syntax == "factur-x" else pieces(fit, _WRITERS[syntax])


def document(spec: Specimen, syntax: Syntax) -> bytes:
    """The document of a specimen in one; see `written`."""
    return b"".join(written(spec, syntax))


def fitted(spec: Specimen, syntax: Syntax) -> Specimen:
    """The specimen as a syntax can say it.

    ``ubl`` is an invoice and ``ubl-creditnote`` a credit note; a credit note names an earlier
    invoice; CPP comes with its readable form; the level ``basic`` loses what it cannot hold.

    Raises:
        ValueError: a level or a circuit that the syntax does not have, an issue date that is not
            one, or no lines.
    """
    _demand(spec, syntax)
    if syntax in ("ubl", "ubl-creditnote"):
        spec = msgspec.structs.replace(spec, credit_note=syntax == "ubl-creditnote")
    if spec.credit_note and not spec.references.preceding:
        earlier = (Preceding("DEMO-0000", spec.issue_date),)
        references = msgspec.structs.replace(spec.references, preceding=earlier)
        spec = msgspec.structs.replace(spec, references=references)
    if syntax == "cpp":
        return readable(spec)
    return basic(spec) if spec.level == "basic" else spec


def readable(spec: Specimen) -> Specimen:
    """The specimen with its page as an attachment (qualifier LISIBLE), if it has none.

    Raises:
        MissingResource: a package that makes the page is not installed.
    """
    if any(file.qualifier == _READABLE for file in spec.attachments):
        return spec
    file = Attachment("FACTURE-PDF", _READABLE, "facture.pdf", _PDF, page(spec))
    return msgspec.structs.replace(spec, attachments=(file, *spec.attachments))


def _demand(spec: Specimen, syntax: Syntax) -> None:
    dialect.due_date(spec)  # whether the issue date is one
    if not spec.lines:
        message = f"an invoice has at least one line: found none in specimen {spec.number!r}"
        raise ValueError(message)
    if syntax == "cpp" and spec.is_afnor:
        message = f"CPPFactureMixte is of the historic circuit b2g: found circuit {spec.circuit}"
        raise ValueError(message)
    if spec.level == "basic" and syntax != "factur-x":
        message = f"the profile basic is one of Factur-X: found syntax {syntax}"
        raise ValueError(message)
    if spec.level == "extended" and syntax != "factur-x" and not spec.is_afnor:
        message = f"the historic circuit knows profiles in Factur-X only: found syntax {syntax}"
        raise ValueError(message)
