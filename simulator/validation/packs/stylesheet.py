"""All tests of a selection as one XSLT 1.0 stylesheet, which says which rules fail.

One template for each element name that a context ends in; a document is walked once. The result is
a text of rule numbers, one for each failing element. libxslt works on a copy of the document, so the
elements are found afterwards by XPath, for the rules that failed and only for them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree
from lxml.etree import _Element as Element

from simulator.validation.packs.patterns import Path, parse
from simulator.validation.packs.rows import PackError, Rule

_XSL = "http://www.w3.org/1999/XSL/Transform"
REGULAR = {"re": "http://exslt.org/regular-expressions"}
_VARIABLE = re.compile(r"\$([A-Za-z_][\w-]*)")

# Tests of one condition: rule number and XPath.
_Tests = list[tuple[int, str]]


class Tests:
    """The compiled tests of a selection."""

    def __init__(self, rules: Sequence[tuple[int, Rule]], prefixes: Mapping[str, str]) -> None:
        """Compiles tests.

        Args:
            rules: numbers, as they are reported, and rules of kind ``test``.
            prefixes: of the dialect.

        Raises:
            PackError: a test that is not XPath 1.0, or uses a variable that its file does not give.
        """
        self._rules = dict(rules)
        self._namespaces = {**prefixes, **REGULAR}
        self._variables: dict[str, str] = {}
        self._tests = {n: self._with_variables(rule) for n, rule in self._rules.items()}
        self._located: dict[int, etree.XPath] = {}
        self._sheet = self._compiled() if rules else None

    def run(self, root: Element) -> Counter[int]:
        """How often each rule fails on a document."""
        if self._sheet is None:
            return Counter()
        # A tree has at most 2,048 levels, libxslt goes 3,000 deep.
        text = str(self._sheet(root))
        return Counter(map(int, text.split()))

    def failing(self, number: int, root: Element) -> list[Element]:
        """The elements that a rule fails on, in document order."""
        find = self._located.get(number)
        if find is None:
            find = self._located[number] = self._xpath(self._failing(number))
        used = set(_VARIABLE.findall(self._tests[number]))
        values = {v: self._xpath(self._variables[v])(root) for v in used}
        found: Any = find(root, **values)  # the stubs know every type that XPath has
        return list(found)

    def _failing(self, number: int) -> str:
        rule, test = self._rules[number], self._tests[number]
        unless = f"[not({_any(parse(rule.unless))})]" if rule.unless else ""
        return " | ".join(f"{p.select}{unless}[not({test})]" for p in parse(rule.context))

    def _xpath(self, expression: str) -> etree.XPath:
        return etree.XPath(expression, namespaces=self._namespaces, smart_strings=False)

    def _with_variables(self, rule: Rule) -> str:
        """The test with its variables under names of the stylesheet; those of a file are its own."""

        def renamed(match: re.Match[str]) -> str:
            expression = rule.variables.get(match[1])
            if expression is None:
                message = f"rule {rule.id} of pack {rule.pack}: no variable ${match[1]} in its file"
                raise PackError(message)
            for name, known in self._variables.items():
                if known == expression:
                    return f"${name}"
            name = f"v{len(self._variables)}"
            self._variables[name] = expression
            return f"${name}"

        test = _VARIABLE.sub(renamed, rule.test)
        try:
            self._xpath(test)
        except etree.XPathSyntaxError as error:
            message = f"rule {rule.id} of pack {rule.pack}: {test!r} is not XPath 1.0: {error}"
            raise PackError(message) from None
        return test

    def _compiled(self) -> etree.XSLT:
        leaves: dict[str, dict[str, _Tests]] = {}
        for number, rule in self._rules.items():
            unless = f"not({_any(parse(rule.unless))})" if rule.unless else ""
            for leaf, guard in _guards(parse(rule.context)).items():
                condition = " and ".join(f"({part})" for part in (guard, unless) if part)
                tests = leaves.setdefault(leaf, {}).setdefault(condition, [])
                tests.append((number, self._tests[number]))
        everywhere = leaves.pop("*", {})
        templates = [_template(leaf, (groups, everywhere)) for leaf, groups in leaves.items()]
        if everywhere:
            templates.append(_template("*", (everywhere,)))
        return etree.XSLT(etree.fromstring(self._text(templates)))

    def _text(self, templates: list[str]) -> str:
        declared = "".join(f" xmlns:{p}={quoteattr(u)}" for p, u in self._namespaces.items())
        variables = "".join(
            f"<xsl:variable name='{name}' select={quoteattr(expression)}/>"
            for name, expression in self._variables.items()
        )
        return (
            f"<xsl:stylesheet version='1.0' xmlns:xsl='{_XSL}'{declared}>"
            f"<xsl:output method='text'/>{variables}"
            "<xsl:template match='*'><xsl:apply-templates select='*'/></xsl:template>"
            f"{''.join(templates)}</xsl:stylesheet>"
        )


def _guards(paths: Sequence[Path]) -> dict[str, str]:
    """By name of the last step the condition under which one of the paths leads there."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(path.leaf, []).append(path.guard)
    return {leaf: "" if "" in guards else " or ".join(guards) for leaf, guards in found.items()}


def _any(paths: Sequence[Path]) -> str:
    return " or ".join(path.condition for path in paths)


def _template(leaf: str, sources: Sequence[Mapping[str, _Tests]]) -> str:
    body = ""
    for groups in sources:
        for condition, tests in groups.items():
            checks = "".join(
                f"<xsl:if test={quoteattr(f'not({test})')}>{number} </xsl:if>"
                for number, test in tests
            )
            body += (
                f"<xsl:if test={quoteattr(condition)}>{checks}</xsl:if>" if condition else checks
            )
    priority = " priority='-0.4'" if leaf == "*" else ""
    return (
        f"<xsl:template match='{leaf}'{priority}>{body}"
        "<xsl:apply-templates select='*'/></xsl:template>"
    )
