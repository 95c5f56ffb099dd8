"""The documents of `simulator.validation.packs.breaking.french_documents`, judged."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from simulator.validation.packs.breaking.edits import Edit
from simulator.validation.packs.run import Scope, run

SYNTAX = {"Invoice": "ubl-invoice", "CreditNote": "ubl-creditnote"}


@dataclass(frozen=True)
class Document:
    """A document and its syntax."""

    content: bytes
    root: etree._Element
    syntax: str

    def fired(self, pack: str) -> set[str]:
        """Ids of the rules of a pack that fire on it."""
        outcome = run(self.content, self.root, Scope((pack,), self.syntax))
        return {rule for _, rule in outcome.fired}


def made(root: etree._Element, edit: Edit) -> Document:
    """A document after an edit."""
    edit(root)
    content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    syntax = SYNTAX.get(etree.QName(root).localname, "cii-d22b")
    return Document(content, etree.fromstring(content), syntax)
