"""Facts of e-reporting transmissions: which transmission, of whom, when."""

import pytest
from lxml import etree
from xml_mutations import mutants, parsed

from simulator import resources
from simulator.domain.judgement import Facts
from simulator.messages.flux10 import PREFIXES, REPORT, read_facts

TRANSMISSION = """<Report>
 <ReportDocument>
  <Id>TR-1</Id>
  <Name>Encaissements de septembre</Name>
  <IssueDateTime><DateTimeString>20260911020000</DateTimeString></IssueDateTime>
  <TypeCode>IN</TypeCode>
  <Sender><Id schemeId="0238">0042</Id><Name>PA DEMO</Name><RoleCode>WK</RoleCode></Sender>
  <Issuer><Id schemeId="0002">332540215</Id><Name>DECLARANT DEMO</Name><RoleCode>SE</RoleCode>
  </Issuer>
 </ReportDocument>
 <PaymentsReport>
  <ReportPeriod><StartDate>20260901</StartDate><EndDate>20260910</EndDate></ReportPeriod>
  <Transactions><Payment><Date>20260903</Date>
   <SubTotals><TaxPercent>20</TaxPercent><Amount>120.00</Amount></SubTotals>
  </Payment></Transactions>
 </PaymentsReport>
</Report>"""


def test_a_transmission_is_read_whole():
    assert read_facts(etree.fromstring(TRANSMISSION)) == Facts(
        syntax="flux-10",
        number="TR-1",
        issue_date="2026-09-11",
        type_code="IN",
        supplier_scheme="0002",
        supplier="332540215",
        supplier_name="DECLARANT DEMO",
        issued="20260911020000",
        periods=(("20260901", "20260910"),),
        places={
            "number": ("/Report/ReportDocument/Id", 3, 0),
            "issue_date": ("/Report/ReportDocument/IssueDateTime/DateTimeString", 5, 0),
            "type_code": ("/Report/ReportDocument/TypeCode", 6, 0),
            "supplier": ("/Report/ReportDocument/Issuer/Id", 8, 0),
        },
    )


def test_an_empty_transmission_has_no_facts_but_its_syntax():
    assert read_facts(etree.fromstring("<Report/>")) == Facts(syntax="flux-10")


@pytest.mark.parametrize("root", ["<Reports/>", '<Report xmlns="urn:other"/>'])
def test_another_root_is_a_fault_of_the_caller(root):
    with pytest.raises(KeyError):
        read_facts(etree.fromstring(root))


def test_the_root_and_its_elements_have_no_namespace():
    assert (REPORT, PREFIXES) == ("Report", {})


def test_damage_never_keeps_a_transmission_from_being_read():
    for _, root in mutants([parsed(TRANSMISSION)], 200, seed=5):
        if root.tag == REPORT:
            assert read_facts(root).syntax == "flux-10"


def test_the_schema_is_installed_and_compiles_from_its_own_folder():
    path = resources.of_package("pyfrctc", "frr-xsd", "ereporting.xsd")
    schema = etree.XMLSchema(file=str(path))
    assert schema.validate(etree.fromstring(TRANSMISSION))
    assert not schema.validate(etree.fromstring("<Report/>"))
