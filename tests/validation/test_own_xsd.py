"""The schemas that we wrote take what they should and refuse the rest, with the key of Xerces.

Documents of `cpp_documents` with one thing changed.
"""

import pytest
from cpp_documents import FLOW_STATUS, INVOICE_STATUS, MIXED, PIVOT
from lxml import etree

from simulator import resources

XS = "{http://www.w3.org/2001/XMLSchema}"
OWN = ("CPPStatut", "CPPFacturePivot", "CPPFactureMixte")

FACET = "SCHEMAV_CVC_"
CONTENT = "SCHEMAV_ELEMENT_CONTENT"
DATATYPE = "SCHEMAV_CVC_DATATYPE_VALID_1_2_1"

FLOW_UNIT = "CPPFluxStatuts/CPPFluxStatutUnitaire"
INVOICE_UNIT = "CPPFactureStatuts/CPPFactureStatutUnitaire"
PIVOT_UNIT = "CPPFactures/CPPFacturePivotUnitaire"
MIXED_UNIT = "CPPFactures/CPPFactureMixteUnitaire"
DATA = "DonneesFacture"
FIRST_PARAMETER = "Enveloppe/EnveloppeUnitaire/Parametres/ParametreIndiv"
PARTNERS = "Enveloppe/EnveloppeUnitaire/Partenaires"


def schema(name):
    return etree.XMLSchema(file=str(resources.path("schemas", "xsd", f"{name}.xsd")))


SCHEMAS = {name: schema(name) for name in OWN}


def first_error(root):
    """Kind and element of the first error; None for a valid document."""
    judge = SCHEMAS[root.tag]
    if judge.validate(root):
        return None
    return judge.error_log[0].type_name, judge.error_log[0].path.rpartition("/")[2].split("[")[0]


def changed(text, path, value):
    """A document with the text of one element (or attribute, after ``@``) set; None takes it away."""
    root = etree.fromstring(text)
    path, _, name = path.partition("@")
    element = root.find(path.rstrip("/")) if path else root
    if name and value is None:
        del element.attrib[name]
    elif name:
        element.set(name, value)
    elif value is None:
        element.getparent().remove(element)
    else:
        element.text = value
    return root


@pytest.mark.parametrize("text", [FLOW_STATUS, INVOICE_STATUS, PIVOT, MIXED])
def test_a_whole_document_is_valid(text):
    assert first_error(etree.fromstring(text)) is None


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        (FLOW_STATUS, f"{FLOW_UNIT}/DonneesStatut/IdStatut", "093"),
        (FLOW_STATUS, f"{FLOW_UNIT}/DonneesStatut/IdProducteur", None),
        (FLOW_STATUS, f"{FLOW_UNIT}/DonneesStatut/Details", None),
        (FLOW_STATUS, f"{FLOW_UNIT}/DonneesStatut/ComplementStatut", "x" * 40),
        (FLOW_STATUS, f"{FIRST_PARAMETER}@NumOrdre", None),
        (FLOW_STATUS, "@Version", None),
        (INVOICE_STATUS, f"{INVOICE_UNIT}/DonneesStatut/IdStatut", "41"),
        (INVOICE_STATUS, f"{INVOICE_UNIT}/DonneesStatut/ComplementStatut", "x" * 400),
        (INVOICE_STATUS, f"{INVOICE_UNIT}/Fournisseur/TypeIdentifiant", "7"),
        (PIVOT, f"{PIVOT_UNIT}/Fournisseur/RaisonSociale", ""),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/Renvoi", None),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/Cadre", "A12"),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/TVAs", None),
        (PIVOT, f"{PIVOT_UNIT}/CycleDeValidation", None),
        (MIXED, f"{MIXED_UNIT}/{DATA}/ModePaiement", None),
        (MIXED, f"{MIXED_UNIT}/{DATA}/ModePaiement/Code", "97"),
        (MIXED, f"{MIXED_UNIT}/{DATA}/TVAS", None),
        (MIXED, f"{MIXED_UNIT}/PJ", None),
        (MIXED, f"{PARTNERS}/Emetteur/Id", "00000000"),
    ],
)
def test_what_may_be_absent_or_otherwise_passes(text, path, value):
    assert first_error(changed(text, path, value)) is None


@pytest.mark.parametrize(
    ("text", "path", "value", "error"),
    [
        (FLOW_STATUS, "Enveloppe", None, (CONTENT, "CPPFluxStatuts")),
        (FLOW_STATUS, "CPPFluxStatuts", None, (CONTENT, "CPPStatut")),
        (FLOW_STATUS, FIRST_PARAMETER, None, (CONTENT, "Parametres")),
        (FLOW_STATUS, f"{FIRST_PARAMETER}/Code", "Date", (f"{FACET}LENGTH_VALID", "Code")),
        (FLOW_STATUS, f"{PARTNERS}/Recepteur/Id", "AB", (f"{FACET}MINLENGTH_VALID", "Id")),
        (FLOW_STATUS, f"{PARTNERS}/Recepteur/Id", "A" * 9, (f"{FACET}MAXLENGTH_VALID", "Id")),
        (
            FLOW_STATUS,
            f"{FIRST_PARAMETER}@NumOrdre",
            "1",
            (f"{FACET}PATTERN_VALID", "ParametreIndiv"),
        ),
        (
            FLOW_STATUS,
            f"{FLOW_UNIT}/DonneesStatut/IdStatut",
            "12",
            (f"{FACET}ENUMERATION_VALID", "IdStatut"),
        ),
        (
            FLOW_STATUS,
            f"{FLOW_UNIT}/DonneesStatut/ComplementStatut",
            "x" * 41,
            (f"{FACET}MAXLENGTH_VALID", "ComplementStatut"),
        ),
        (
            FLOW_STATUS,
            f"{FLOW_UNIT}/DonneesStatut/Producteur",
            "somebody",
            ("SCHEMAV_CVC_COMPLEX_TYPE_2_1", "Producteur"),
        ),
        (
            FLOW_STATUS,
            f"{FLOW_UNIT}/DonneesStatut/Details@NbLignesErreur",
            None,
            ("SCHEMAV_CVC_COMPLEX_TYPE_4", "Details"),
        ),
        (FLOW_STATUS, f"{FLOW_UNIT}/DonneesStatut/IdFlux", None, (CONTENT, "Details")),
        (
            INVOICE_STATUS,
            f"{INVOICE_UNIT}/DonneesStatut/IdStatut",
            "42",
            (f"{FACET}ENUMERATION_VALID", "IdStatut"),
        ),
        (
            INVOICE_STATUS,
            f"{INVOICE_UNIT}/DonneesStatut/Horodatage",
            "2026-15-02T10:00:00",
            (DATATYPE, "Horodatage"),
        ),
        (
            INVOICE_STATUS,
            f"{INVOICE_UNIT}/Debiteur/TypeIdentifiant",
            "2",
            (f"{FACET}ENUMERATION_VALID", "TypeIdentifiant"),
        ),
        (
            INVOICE_STATUS,
            f"{INVOICE_UNIT}/Debiteur/Identifiant",
            "123456789",
            (f"{FACET}LENGTH_VALID", "Identifiant"),
        ),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/Id", "F" * 21, (f"{FACET}MAXLENGTH_VALID", "Id")),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/Cadre", "A11", (f"{FACET}ENUMERATION_VALID", "Cadre")),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/Type", "389", (f"{FACET}ENUMERATION_VALID", "Type")),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/Devise", "eur", (f"{FACET}PATTERN_VALID", "Devise")),
        (
            PIVOT,
            f"{PIVOT_UNIT}/{DATA}/ModePaiement/Code",
            "1",
            (f"{FACET}ENUMERATION_VALID", "Code"),
        ),
        (PIVOT, f"{PIVOT_UNIT}/{DATA}/Montants/MontantHT", "12,5", (DATATYPE, "MontantHT")),
        (PIVOT, f"{PIVOT_UNIT}/Fournisseur/ModeEmission", None, (CONTENT, "Fournisseur")),
        (PIVOT, f"{PIVOT_UNIT}/PJ/TypePJ", "1", (f"{FACET}ENUMERATION_VALID", "TypePJ")),
        (PIVOT, f"{PIVOT_UNIT}/PJ/NomPJ", "x" * 51, (f"{FACET}MAXLENGTH_VALID", "NomPJ")),
        (
            PIVOT,
            f"{PIVOT_UNIT}/{DATA}/Lignes/Ligne@NumOrdre",
            None,
            ("SCHEMAV_CVC_COMPLEX_TYPE_4", "Ligne"),
        ),
        (
            PIVOT,
            f"{PIVOT_UNIT}/CycleDeValidation/ValidationUnitaire/ProducteurStatut/TypeIdentifiant",
            "7",
            (f"{FACET}ENUMERATION_VALID", "TypeIdentifiant"),
        ),
        (MIXED, f"{MIXED_UNIT}/{DATA}/Id", None, (CONTENT, "Type")),
        (MIXED, f"{MIXED_UNIT}/{DATA}/Devise", None, (CONTENT, "Montants")),
        (MIXED, f"{MIXED_UNIT}/{DATA}/Cadre", "S1", (f"{FACET}PATTERN_VALID", "Cadre")),
        (
            MIXED,
            f"{MIXED_UNIT}/{DATA}/DateEmissionFacture",
            "01/09/2026",
            (DATATYPE, "DateEmissionFacture"),
        ),
        (MIXED, f"{MIXED_UNIT}/{DATA}/TVAS/TVA/Taux", "20 %", (DATATYPE, "Taux")),
        (MIXED, f"{MIXED_UNIT}/Debiteur", None, (CONTENT, DATA)),
        (MIXED, f"{MIXED_UNIT}/PJ/NomPJ", None, (CONTENT, "TypePJ")),
    ],
)
def test_what_is_missing_or_wrong_is_refused_where_it_stands(text, path, value, error):
    assert first_error(changed(text, path, value)) == error


def test_a_status_message_speaks_of_flows_or_of_invoices_never_of_both():
    root = etree.fromstring(FLOW_STATUS)
    root.append(etree.fromstring(INVOICE_STATUS).find("CPPFactureStatuts"))
    assert first_error(root) == (CONTENT, "CPPFactureStatuts")


@pytest.mark.parametrize("text", [FLOW_STATUS, PIVOT, MIXED])
def test_an_unknown_element_is_refused(text):
    root = etree.fromstring(text)
    etree.SubElement(root, "Inconnu")
    assert first_error(root) == (CONTENT, "Inconnu")


@pytest.mark.parametrize("name", OWN)
def test_a_block_alone_is_no_document(name):
    assert not SCHEMAS[name].validate(etree.fromstring(FLOW_STATUS).find("Enveloppe"))


@pytest.mark.parametrize("name", [*OWN, "CPPCommon"])
def test_a_schema_tells_its_source_its_mark_and_what_each_type_is(name):
    root = etree.parse(resources.path("schemas", "xsd", f"{name}.xsd")).getroot()
    said = {e.get("source"): e.text.strip() for e in root.iterfind(f"{XS}annotation/{XS}appinfo")}
    assert said["source"]
    assert said["mark"] in ("official", "deduced", "assumed")
    types = [e for e in root if e.tag in (f"{XS}complexType", f"{XS}simpleType")]
    silent = [e.get("name") for e in types if not e.findtext(f"{XS}annotation/{XS}documentation")]
    assert (bool(types), silent) == (True, [])
