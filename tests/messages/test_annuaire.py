"""The directory export: public structures only, valid by our own schema, read back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from simulator import resources
from simulator.domain.flows import Return
from simulator.domain.raccordement import Service, Structure
from simulator.messages import annuaire
from simulator.messages.annuairereading import read

TOWN = Structure("12345678200051", "COMMUNE", "public", address="0225:123456782")
DEMANDING = Structure(
    "12345678200028",
    "REGION",
    "public",
    service_required=True,
    engagement_required=True,
    service_or_engagement=True,
    services=(Service("S1", "ACHATS", engagement_required=True), Service("S2", active=False)),
)
CLOSED = Structure("12345678200036", "ANCIENNE COMMUNE", "public", active=False)
FIRM = Structure("90000000700018", "MENUISERIE", "private")


def export(*structures):
    return Return(
        partner="DEM001",
        name="FAR0037A_DEM001_CPP0010037000000000000001.tar.gz",
        interface="FAR0037A",
        format="annuaire",
        issued=datetime(2026, 9, 5, tzinfo=UTC),
        emitter="CPP001",
        emitter_matricule="9999",
        partner_matricule="0042",
        statuses=(),
        structures=structures,
    )


def root_of(*structures):
    ((name, content),) = annuaire.write(export(*structures))
    assert name == "FAR0037A_DEM001_CPP0010037000000000000001.xml"
    return etree.fromstring(content)


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(etree.parse(resources.path("schemas", "xsd", "Annuaire.xsd")))


def test_public_structures_are_exported_and_read_back(schema):
    root = root_of(TOWN, FIRM, CLOSED)
    schema.assertValid(root)
    assert read(root) == (TOWN, CLOSED)
    assert root.find("Structures").get("Compteur") == "2"


def test_an_empty_directory_is_a_directory(schema):
    schema.assertValid(root_of())
    assert read(root_of(FIRM)) == ()


def test_the_schema_can_refuse(schema):
    root = root_of(TOWN)
    root.find(".//Actif").text = "oui"
    assert not schema.validate(root)


def test_the_schema_says_that_its_layout_is_assumed():
    tree = etree.parse(resources.path("schemas", "xsd", "Annuaire.xsd"))
    marks = [e.text for e in tree.iter("{*}appinfo") if e.get("source") == "mark"]
    assert marks == ["assumed"]


WORDS = st.text("abcé '&<>\r\n", max_size=20)


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.builds(Structure, WORDS, WORDS, st.just("public"), st.booleans(), WORDS), max_size=3
    )
)
def test_any_text_is_valid_and_read_back(schema, structures):
    root = root_of(*structures)
    schema.assertValid(root)
    assert read(root) == tuple(structures)


@settings(deadline=None, max_examples=80)
@given(st.text(st.characters(), max_size=20))
def test_any_character_is_valid(schema, text):
    schema.assertValid(root_of(Structure(text, text, "public", address=text)))


def test_what_a_structure_demands_and_its_services_are_exported(schema):
    root = root_of(DEMANDING)
    schema.assertValid(root)
    assert read(root) == (DEMANDING,)
