"""Writer of CPPStatut: reports and life cycle of the historic channel.

One document a return, with statuses of flows or statuses of invoices, never both. The schema has no
field for a motif: it stands at the head of the comment, as its code (assumed).

Source: AIFE schema CPPStatutPivot V1_19; figures in ``schemas/messages/cppstatut.toml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from simulator import resources
from simulator.domain.findings import Mark
from simulator.domain.flowname import FlowName
from simulator.domain.flows import ErrorLine, FlowStatus, InvoiceStatus, Return
from simulator.messages.xmltext import branch, document, escaped, leaf, optional, shortened

# xs:length and xs:maxLength of the schema, where a value is ours or a key that cannot be shortened
# with dots.
_RECIPIENT_LENGTH = 14
_SERVICE_LENGTH = 100
_PARTNER_LENGTHS = (3, 8)


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    emitter_label: str
    complement: int
    timezone: str
    source: str
    mark: Mark


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    document: _Document
    identifier_types: dict[str, str]
    countries: dict[str, str]


@cache
def _form() -> _Form:
    return msgspec.convert(resources.table("schemas", "messages", "cppstatut.toml"), _Form)


def write(return_: Return) -> Iterator[tuple[str, bytes]]:
    """The one file of a return, as (name, bytes).

    Raises:
        ValueError: no status, statuses of flows and of invoices together, or a name of the return
            that is not a flow name.
    """
    name = FlowName.parse(return_.name)
    root = branch(
        "CPPStatut",
        envelope(return_, name.identifier),
        _statuses(return_, _stamp(return_.issued)),
        Version=_form().document.version,
    )
    yield f"{name.stem}.xml", document(root)


def _stamp(instant: datetime) -> str:
    return _local(instant).isoformat(timespec="seconds")


def _local(instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(_form().document.timezone))


def envelope(return_: Return, identifier: str) -> str:
    """The envelope of every CPP format: day of production, id of the flow, both partners."""
    day = _local(return_.issued).date()
    parameters = branch(
        "Parametres",
        _parameter("0001", "DtPrd", day.isoformat()),
        _parameter("0002", "IdFlx", identifier),
    )
    partners = branch(
        "Partenaires",
        branch("Recepteur", _partner(return_.partner)),
        branch(
            "Emetteur", _partner(return_.emitter), leaf("Libelle", _form().document.emitter_label)
        ),
    )
    return branch("Enveloppe", branch("EnveloppeUnitaire", parameters, partners, NumOrdre="1"))


def _parameter(number: str, code: str, value: str) -> str:
    return branch(
        "ParametreIndiv", leaf("Code", code), leaf("Valeurparametre", value), NumOrdre=number
    )


def _partner(code: str) -> str:
    shortest, longest = _PARTNER_LENGTHS
    return leaf("Id", code[:longest].ljust(shortest, "0"))


def _statuses(return_: Return, at: str) -> str:
    flows = [s for s in return_.statuses if isinstance(s, FlowStatus)]
    invoices = [s for s in return_.statuses if isinstance(s, InvoiceStatus)]
    if bool(flows) == bool(invoices):
        message = (
            "a CPPStatut holds at least one status, all of flows or all of invoices: "
            f"found {len(flows)} of flows and {len(invoices)} of invoices in {return_.name}"
        )
        raise ValueError(message)
    if len(flows) + len(invoices) < len(return_.statuses):
        message = f"a CPPStatut holds no status of a message or declaration: {return_.name}"
        raise ValueError(message)
    if flows:
        units = [_flow_unit(str(n), s, at) for n, s in enumerate(flows, 1)]
        return branch("CPPFluxStatuts", *units, compteur=str(len(units)))
    units = [_invoice_unit(str(n), s, at) for n, s in enumerate(invoices, 1)]
    return branch("CPPFactureStatuts", *units, compteur=str(len(units)))


def _flow_unit(number: str, status: FlowStatus, at: str) -> str:
    data = branch(
        "DonneesStatut",
        leaf("IdStatut", status.status),
        optional("ComplementStatut", shortened(status.label, _form().document.complement)),
        optional("Commentaire", status.comment),
        leaf("Horodatage", at),
        leaf("IdFlux", status.identifier),
        _details(status.lines),
    )
    return branch("CPPFluxStatutUnitaire", data, NumOrdre=number)


def _details(lines: Sequence[ErrorLine]) -> str:
    if not lines:
        return ""
    details = (_error_line(str(n), line) for n, line in enumerate(lines, 1))
    return branch("Details", *details, NbLignesErreur=str(len(lines)))


def _error_line(number: str, line: ErrorLine) -> str:
    return branch(
        "LigneErreurDetail",
        leaf("NatureErreur", line.nature),
        leaf("CodeErreur", line.code),
        leaf("LibelleErreur", line.label or line.code),
        optional("DescriptionErreur", _described(line)),
        IdLigne=number,
    )


def _described(line: ErrorLine) -> str:
    """What exactly, headed by the file or invoice that it is about: the schema has no field."""
    if not line.subject or line.subject in line.text:
        return line.text
    return f"{line.subject} : {line.text}"


def _invoice_unit(number: str, status: InvoiceStatus, at: str) -> str:
    # Statuses of invoices have no Details: error lines go into the comment.
    remarks = [_remark(status), *(f"{line.code} {_described(line)}" for line in status.lines)]
    set_ = _stamp(status.occurred) if status.occurred else at
    data = branch(
        "DonneesStatut",
        leaf("IdStatut", status.status),
        optional("ComplementStatut", shortened(status.label, _form().document.complement)),
        optional("Commentaire", " | ".join(filter(None, remarks))),
        leaf("Horodatage", set_),
        f'<Producteur Id="{escaped(status.producer)}"/>' if status.producer else "",
        leaf("IdFacture", status.number),
        leaf("DateFacture", status.issue_date) if _is_date(status.issue_date) else "",
        optional("IdMandatDP", status.mandate),
    )
    return branch(
        "CPPFactureStatutUnitaire", _supplier(status), _debtor(status), data, NumOrdre=number
    )


def _remark(status: InvoiceStatus) -> str:
    words = status.comment or status.motif_label
    return " : ".join(filter(None, (status.motif, words))) if status.motif else words


def identifier_type(scheme: str) -> str:
    """TypeIdentifiant of a scheme; a scheme that the table does not have counts as SIRET."""
    return _form().identifier_types.get(scheme, "1")


def _supplier(status: InvoiceStatus) -> str:
    kind = identifier_type(status.supplier_scheme)
    return branch(
        "Fournisseur",
        leaf("TypeIdentifiant", kind),
        leaf("Identifiant", status.supplier),
        leaf("RaisonSociale", status.supplier_name),
        optional("CodePays", _form().countries.get(kind, "")),
    )


def _debtor(status: InvoiceStatus) -> str:
    # 14 characters, no fewer: a shorter identifier gets through only when strangers to the
    # directory are accepted, and is filled up rather than losing the whole status.
    identifier = status.recipient[:_RECIPIENT_LENGTH].rjust(_RECIPIENT_LENGTH, "0")
    return branch(
        "Debiteur",
        leaf("TypeIdentifiant", "1"),
        leaf("Identifiant", identifier),
        optional("Nom", status.recipient_name),
        optional("CodeService", status.service[:_SERVICE_LENGTH]),
        optional("NomService", status.service_name),
    )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
