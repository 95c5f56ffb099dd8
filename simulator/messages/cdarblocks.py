"""What a CDAR says of a status: motif, comment, errors, data (MDG-37) and the files with it (MDT-96).

Source: UN/CEFACT CDAR D22B (order of the elements); PPF annex 2 (flow 6) v2.3 (MDT-n); Chorus Pro
external specifications v1.1 §3.4.2.3 (how an anomaly is told).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from simulator.domain.flows import (
    CarriedFile,
    Characteristic,
    ErrorLine,
    FlowStatus,
    InvoiceStatus,
    ObjectStatus,
)
from simulator.messages.cdarfields import cut, form, prose
from simulator.messages.xmltext import branch, escaped, leaf, optional

Said = FlowStatus | InvoiceStatus | ObjectStatus

# Ids of published rules, as our own ids begin with them: G1.05, S2.05, BR-FR-CPRO-10.
_PUBLISHED_RULE = re.compile(r"[GPS]\d+\.\d+|BR-[A-Z0-9-]*[A-Z0-9]")
_BUSINESS_TERM = re.compile(r"B[TG]-[0-9]+(-[0-9]+)?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})", re.ASCII)


def condition(status: Said) -> tuple[str, str]:
    """MDT-105 and MDT-106."""
    return (
        leaf("ram:ProcessConditionCode", cut("MDT-105", status.status)),
        optional("ram:ProcessCondition", prose("MDT-106", status.label)),
    )


def flow_blocks(status: FlowStatus | ObjectStatus) -> list[str]:
    """The anomalies of a flow, message or declaration, each with the file or field it is about."""
    lines = _kept(status.lines, bool(status.comment))
    blocks = [
        _block(rank, (line.code, line.label), _flow_note(status, line))
        for rank, line in enumerate(lines, 1)
    ]
    return blocks + list(_remarks(status.comment, len(status.lines) - len(lines), len(blocks)))


def invoice_blocks(status: InvoiceStatus) -> list[str]:
    """The status's own motif and data, its comment, and the anomalies behind it.

    A comment goes with the motif or the data; without either it is a block of its own, the last.
    """
    own = _own(status)
    comment = "" if own else status.comment
    lines = _kept(status.lines, bool(own or comment))
    blocks = own + [_invoice_block(rank, line) for rank, line in enumerate(lines, len(own) + 1)]
    return blocks + list(_remarks(comment, len(status.lines) - len(lines), len(blocks)))


def files(attached: Iterable[CarriedFile]) -> Iterator[str]:
    """MDT-96, one for each file."""
    for file in attached:
        names = f'mimeCode="{escaped(file.mime)}" filename="{escaped(file.name)}"'
        content = base64.b64encode(file.content).decode("ascii")
        yield f"<ram:AttachmentBinaryObject {names}>{content}</ram:AttachmentBinaryObject>"


def _own(status: InvoiceStatus) -> list[str]:
    if not (status.motif or status.action or status.characteristics):
        return []
    data = (_characteristic(each) for each in status.characteristics)
    action = (
        optional("ram:RequestedActionCode", cut("MDT-121", status.action)),
        optional("ram:RequestedAction", prose("MDT-122", form().actions.get(status.action, ""))),
    )
    motif = status.motif, status.motif_label
    return [_block(1, motif, _note("", status.comment, ""), *data, action=action)]


def _characteristic(datum: Characteristic) -> str:
    changed = optional("udt:IndicatorString", cut("MDT-209", datum.changed))
    return branch(
        "ram:SpecifiedDocumentCharacteristic",
        optional("ram:ID", cut("MDT-206", datum.identifier)),
        optional("ram:TypeCode", cut("MDT-207", datum.type)),
        branch("ram:ValueChangedIndicator", changed) if changed else "",
        optional("ram:Name", prose("MDT-211", datum.name)),
        optional("ram:Location", prose("MDT-213", datum.location)),
        optional("ram:Value", prose("MDT-214", datum.value)),
        _amount(datum),
        leaf("ram:ValuePercent", datum.percent) if _DECIMAL.fullmatch(datum.percent) else "",
    )


def _amount(datum: Characteristic) -> str:
    if _DECIMAL.fullmatch(datum.amount) is None:
        return ""
    return leaf("ram:ValueAmount", datum.amount, currencyID=cut("MDT-216", datum.currency))


def _invoice_block(rank: int, line: ErrorLine) -> str:
    """A motif and what is behind it; rule, place and term only for an anomaly of a published rule."""
    motif = line.code, line.label
    rule = _PUBLISHED_RULE.match(line.rule)
    if rule is None:
        return _block(rank, motif, _note("", line.text, ""))
    if _BUSINESS_TERM.fullmatch(line.subject) is None:
        return _block(rank, motif, _note(rule.group(), line.text, line.subject))
    invalid = Characteristic(type=form().document.invalid_data, identifier=line.subject)
    return _block(rank, motif, _note(rule.group(), line.text, ""), _characteristic(invalid))


def _flow_note(status: FlowStatus | ObjectStatus, line: ErrorLine) -> str:
    """Of a flow no rule is told (PPF annex 2: MDT-125 is for objects)."""
    rule = line.rule if isinstance(status, ObjectStatus) else ""
    return _note(rule, line.text, line.subject)


def _block(
    rank: int, motif: tuple[str, str], *details: str, action: tuple[str, str] = ("", "")
) -> str:
    code, label = motif
    return branch(
        "ram:SpecifiedDocumentStatus",
        optional("ram:ReasonCode", cut("MDT-113", code)),
        optional("ram:Reason", prose("MDT-114", label or code)),
        *action,
        leaf("ram:SequenceNumeric", str(rank)),
        *details,
    )


def _note(rule: str, text: str, subject: str) -> str:
    fields = (
        optional("ram:ContentCode", cut("MDT-125", rule)),
        optional("ram:Content", prose("MDT-126", text)),
        optional("ram:SubjectCode", cut("MDT-127", subject)),
    )
    return branch("ram:IncludedNote", *fields) if any(fields) else ""


def _kept(lines: tuple[ErrorLine, ...], more: bool) -> tuple[ErrorLine, ...]:
    """The lines that there are ranks for, one rank set aside for what else is said."""
    most = form().limits["MDT-124-2"] - more
    return lines if len(lines) <= most else lines[: most - 1]


def _remarks(comment: str, left: int, used: int) -> Iterator[str]:
    """What is said without a motif: the comment, and how many lines found no rank."""
    texts = (comment, f"{left} autres anomalies" if left else "")
    for rank, text in enumerate(filter(None, texts), used + 1):
        yield branch(
            "ram:SpecifiedDocumentStatus",
            leaf("ram:SequenceNumeric", str(rank)),
            _note("", text, ""),
        )
