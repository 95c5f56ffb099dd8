"""A compiler of ISO Schematron (ISO/IEC 19757-3:2016) with XPath 2 or 3 into XSLT 3.

A pattern becomes a mode that walks the document; a rule becomes a template of that mode, its
priority falling with its place, so that the first rule that matches a node is the only one; a let
becomes a variable; an assert or report becomes an element of the result, as SVRL has it but in no
namespace. Phases, diagnostics and properties are left out: all patterns are active.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path

from lxml import etree
from lxml.etree import _Element as Element

from simulator.schematron.schparts import BINDINGS, XSL, SchematronFault, attributes, resolved, sch

_ATTRIBUTE = re.compile(r"@|\battribute::")
_OTHER_NODE = re.compile(r"\b(?:text|comment|processing-instruction|node)\(")
_XS = "http://www.w3.org/2001/XMLSchema"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"


def compiled(file: Path) -> str:
    """The XSLT of a schema.

    Raises:
        SchematronFault: it is no schema that can be compiled.
        OSError: it, or a part that it includes, cannot be read.
    """
    schema = resolved(file)
    binding = schema.get("queryBinding", "xslt").lower()
    if binding not in BINDINGS:
        message = f"expected a queryBinding of {', '.join(BINDINGS)}; found {binding!r}"
        raise SchematronFault(message, schema)
    sheet = etree.Element(f"{XSL}stylesheet", _attributes(file), nsmap=_prefixes(schema))
    etree.SubElement(sheet, f"{XSL}output", {"method": "xml", "indent": "no"})
    _globals(sheet, schema)
    entry = etree.SubElement(sheet, f"{XSL}template", {"match": "/"})
    result = etree.SubElement(entry, "schematron-output")
    for number, pattern in enumerate(schema.iterfind(sch("pattern"))):
        mode = f"pattern-{number}"
        etree.SubElement(result, f"{XSL}apply-templates", {"select": "/", "mode": mode})
        sheet.extend(_templates(pattern, mode))
    return etree.tostring(sheet, encoding="unicode")


def _attributes(file: Path) -> dict[str, str]:
    base = file.resolve().as_uri()  # where document() and xsl:include look
    return {"version": "3.0", "exclude-result-prefixes": "#all", _BASE: base}


def _prefixes(schema: Element) -> Mapping[str, str]:
    """Prefixes of queries: those of ns, before those of the file, before what all may use."""
    given: dict[str, str] = {}
    for ns in schema.iterfind(sch("ns")):
        prefix, uri = ns.get("prefix", ""), ns.get("uri", "")
        if not prefix or not uri or given.setdefault(prefix, uri) != uri or prefix == "xsl":
            message = f"expected a prefix of its own and a uri; found {prefix!r} for {uri!r}"
            raise SchematronFault(message, ns)
    in_file = {prefix: uri for prefix, uri in schema.nsmap.items() if prefix}
    return {"xs": _XS, "xsd": _XS, **in_file, **given, "xsl": XSL[1:-1]}


def _globals(sheet: Element, schema: Element) -> None:
    """Functions, keys and variables of the whole schema; then those of patterns, in a name each."""
    taken: set[str] = set()
    for child in schema:
        if child.tag == sch("let"):
            taken.add(child.get("name", ""))
            sheet.append(_variable(child))
        elif _is_xsl(child):
            sheet.append(deepcopy(child))
    for number, pattern in enumerate(schema.iterfind(sch("pattern"))):
        for let in pattern.findall(sch("let")):
            name = let.get("name", "")
            if name in taken:
                _rename(pattern, let, f"{name}-{number}")
            taken.add(let.get("name", ""))
            sheet.append(_variable(let))


def _rename(pattern: Element, let: Element, to: str) -> None:
    """Gives a variable of a pattern a name that no other pattern uses."""
    old = re.compile(rf"\${re.escape(let.get('name', ''))}(?![\w.-])")
    let.set("name", to)
    for element in pattern.iter("*"):
        for attribute, value in attributes(element):
            element.set(attribute, old.sub(f"${to}", value))


def _templates(pattern: Element, mode: str) -> Iterator[Element]:
    rules = pattern.findall(sch("rule"))
    walk = _walk([rule.get("context", "") for rule in rules])
    through = etree.Element(
        f"{XSL}template", {"match": "document-node() | * | @* | text()", "mode": mode}
    )
    through.set("priority", "-1")
    etree.SubElement(through, f"{XSL}apply-templates", {"select": walk, "mode": mode})
    yield through
    for place, rule in enumerate(rules):
        if not rule.get("context"):
            message = "expected a context"
            raise SchematronFault(message, rule)
        template = etree.Element(f"{XSL}template", {"match": rule.get("context", ""), "mode": mode})
        template.set("priority", str(len(rules) - place))
        template.extend(_body(rule))
        etree.SubElement(template, f"{XSL}apply-templates", {"select": walk, "mode": mode})
        yield template


def _walk(contexts: Iterable[str]) -> str:
    """What to go through below a node: attributes, texts only where a context may be one."""
    text = " ".join(contexts)
    if _OTHER_NODE.search(text):
        return "@* | node()"
    return "@* | *" if _ATTRIBUTE.search(text) else "*"


def _body(rule: Element) -> Iterator[Element]:
    for child in rule:
        if child.tag == sch("let"):
            yield _variable(child)
        elif child.tag in (sch("assert"), sch("report")):
            yield _check(child, rule)
        elif _is_xsl(child):
            yield deepcopy(child)


def _check(check: Element, rule: Element) -> Element:
    test = check.get("test", "")
    if not test:
        message = "expected a test"
        raise SchematronFault(message, check)
    choose = etree.Element(f"{XSL}choose")
    holds = etree.SubElement(choose, f"{XSL}when", {"test": test})
    if check.tag == sch("report"):
        _result(holds, "successful-report", check, rule)
    else:
        _result(etree.SubElement(choose, f"{XSL}otherwise"), "failed-assert", check, rule)
    return choose


def _result(parent: Element, name: str, check: Element, rule: Element) -> None:
    result = etree.SubElement(parent, name, {"location": "{path()}"})
    flag = next(filter(None, (e.get(a) for e in (check, rule) for a in ("flag", "role"))), "")
    for attribute, value in (
        ("id", check.get("id", "")),
        ("flag", flag),
        ("test", check.get("test", "")),
    ):
        if value:
            result.set(attribute, value.replace("{", "{{").replace("}", "}}"))
    _words(check, etree.SubElement(result, "text"))


def _words(source: Element, target: Element) -> None:
    """The message: its text, with what value-of and name ask for."""
    _literal(target, source.text)
    for child in source:
        if child.tag == sch("value-of"):
            select = {"select": child.get("select", "."), "separator": " "}
            etree.SubElement(target, f"{XSL}value-of", select)
        elif child.tag == sch("name"):
            select = {"select": f"name({child.get('path', '.')})"}
            etree.SubElement(target, f"{XSL}value-of", select)
        elif _is_xsl(child):
            copy = deepcopy(child)
            copy.tail = None
            target.append(copy)
        else:  # emph, dir, span, and what others put in
            _words(child, target)
        _literal(target, child.tail)


def _literal(target: Element, text: str | None) -> None:
    if text:
        etree.SubElement(target, f"{XSL}text").text = text


def _variable(let: Element) -> Element:
    given = {k: v for k, v in (("name", let.get("name")), ("select", let.get("value"))) if v}
    if as_type := let.get("as"):
        given["as"] = as_type
    variable = etree.Element(f"{XSL}variable", given)
    if "select" not in given:
        variable.text = let.text
        variable.extend(deepcopy(child) for child in let)
    return variable


def _is_xsl(element: Element) -> bool:
    return element.tag.startswith(XSL)
