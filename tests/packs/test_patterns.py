"""Patterns find what the same XPath finds, in the automaton, in guards and as selections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from simulator.validation.packs.automaton import Automaton, Watch
from simulator.validation.packs.patterns import PatternError, below, parse

NAMES = st.sampled_from(["a", "b", "c"])


@st.composite
def trees(draw, depth=4):
    element = etree.Element(draw(NAMES))
    if draw(st.booleans()):
        element.set("x", draw(st.sampled_from(["1", "2"])))
    if depth:
        element.extend(draw(st.lists(trees(depth - 1), max_size=3)))
    return element


@st.composite
def patterns(draw):
    steps = draw(st.lists(st.sampled_from(["a", "b", "c", "*", "(a|b)"]), min_size=1, max_size=3))
    text = draw(st.sampled_from(["", "/", "//"])) + steps[0]
    for step in steps[1:]:
        text += draw(st.sampled_from(["/", "//"])) + step
    return text


def as_xpath(pattern):
    anchored = pattern if pattern.startswith("/") else f"//{pattern}"
    return anchored.replace("(a|b)", "*[self::a or self::b]")


def found(paths, root):
    return set(Automaton([Watch(n, p) for n, p in enumerate(paths)], {}).run(root))


@given(root=trees(), pattern=patterns())
def test_an_automaton_finds_what_xpath_finds(root, pattern):
    elements = {element for _, element in found(parse(pattern), root)}
    assert elements == set(root.xpath(as_xpath(pattern)))


@given(root=trees(), pattern=patterns(), other=patterns())
def test_two_patterns_in_one_automaton_do_not_disturb_each_other(root, pattern, other):
    paths = [*parse(pattern), *parse(other)]
    both = found(paths, root)
    alone = {(n, e) for n, path in enumerate(paths) for _, e in found([path], root)}
    assert both == alone


@given(root=trees(), pattern=patterns())
def test_conditions_and_selections_mean_the_same(root, pattern):
    expected = set(root.xpath(as_xpath(pattern)))
    paths = parse(pattern)
    assert set(root.xpath(" | ".join(p.select for p in paths))) == expected
    condition = " or ".join(p.condition for p in paths)
    assert {e for e in root.iter() if e.xpath(f"boolean({condition})")} == expected


def test_predicates_of_every_step_are_in_the_condition():
    root = etree.fromstring("<a><b x='1'><c/></b><b x='2'><c/></b></a>")
    (path,) = parse("/a/b[@x = '2']/c[not(node())]")
    assert not path.plain
    assert [e for e in root.iter() if e.xpath(path.condition)] == [root[1][0]]
    assert root.xpath(path.select) == [root[1][0]]


def test_a_separator_inside_a_predicate_or_literal_is_not_one():
    (path,) = parse("a[b/c | d = 'x/y|z']/e")
    assert [step.name for step in path.steps] == ["a", "e"]


@pytest.mark.parametrize(
    ("context", "target", "paths"),
    [
        ("/a", "b", ["/a/b"]),
        ("/a | c", "b/d", ["/a/b/d", "//c/b/d"]),
        ("/a", ".//b", ["/a//b"]),
        ("/a", "//b", ["//b"]),
        ("/a", "(b|c)/d", ["/a/b/d", "/a/c/d"]),
        ("/a", "b | c", ["/a/b", "/a/c"]),
    ],
)
def test_a_forbidden_path_is_joined_to_each_context(context, target, paths):
    assert [path.select for path in below(parse(context), target)] == paths


def test_attributes_are_found_on_the_elements_that_carry_them():
    root = etree.fromstring("<a x='1'><b x='1' y='2'/><b/></a>")
    hits = found([*below(parse("/a"), "b/@x"), *parse("//@y")], root)
    assert hits == {(0, root[0]), (1, root[0])}


def test_codes_are_compared_as_normalised_text():
    root = etree.fromstring("<r><c> A </c><c>B<!-- in -->C</c><c/><c>a</c><c z='A B'>A</c></r>")
    codes = frozenset({"A", "BC"})
    watch = [Watch(0, path, codes=codes) for path in parse("c")]
    assert [e for _, e in Automaton(watch, {}).run(root)] == [root[2], root[3]]
    watch = [Watch(0, path, codes=codes) for path in parse("c/@z")]
    assert [e for _, e in Automaton(watch, {}).run(root)] == [root[4]]


def test_a_document_deeper_than_pythons_stack_is_walked():
    content = b"<a>" * 2000 + b"<b/>" + b"</a>" * 2000
    root = etree.fromstring(content, etree.XMLParser(huge_tree=True))
    assert len(found(parse("a/b"), root)) == 1


@pytest.mark.parametrize("pattern", ["", "a/b c", "a[b", "a/@x/b", "a/text()"])
def test_what_is_not_a_pattern_is_refused(pattern):
    with pytest.raises(PatternError):
        parse(pattern)
