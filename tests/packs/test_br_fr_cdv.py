"""BR-FR-CDV: each rule fires on its bad message and not on the good one; all as the official set."""

import copy
import importlib.util
import random

import pytest
from lxml import etree
from packs import oracle, schematron

from simulator.validation.packs.loading import load
from simulator.validation.packs.run import Scope, run

PACK = "br-fr-cdv"
FIX_03 = "br-fr-cdv@1.4.0.03"
RSM = "urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"
_UNCEFACT = "urn:un:unece:uncefact:data:standard"
NAMESPACES = (
    f'xmlns:rsm="{RSM}" '
    f'xmlns:ram="{_UNCEFACT}:ReusableAggregateBusinessInformationEntity:100" '
    f'xmlns:udt="{_UNCEFACT}:UnqualifiedDataType:100" xmlns:qdt="{_UNCEFACT}:QualifiedDataType:100"'
)
FORM = """<rsm:CrossDomainAcknowledgementAndResponse {namespaces}>
<rsm:ExchangedDocumentContext>
<ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>{process}</ram:ID></ram:BusinessProcessSpecifiedDocumentContextParameter>
<ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{profile}</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>
</rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument>{id}
<ram:SenderTradeParty>{sender}</ram:SenderTradeParty>
<ram:IssuerTradeParty>{issuer}</ram:IssuerTradeParty>
<ram:RecipientTradeParty>{recipient}</ram:RecipientTradeParty>
</rsm:ExchangedDocument>
<rsm:AcknowledgementDocument>{phase}
<ram:ReferenceReferencedDocument><ram:IssuerAssignedID>F1</ram:IssuerAssignedID>{code}
<ram:TypeCode>{type}</ram:TypeCode>{date}{status}
<ram:IssuerTradeParty>{seller}</ram:IssuerTradeParty>
<ram:RecipientTradeParty><ram:RoleCode>{debtor}</ram:RoleCode></ram:RecipientTradeParty>
{details}
</ram:ReferenceReferencedDocument>
</rsm:AcknowledgementDocument>
</rsm:CrossDomainAcknowledgementAndResponse>"""


def party(identifier, role, scheme="0238", address=""):
    uri = f"<ram:URIID>{address}</ram:URIID>" if address else ""
    where = f"<ram:URIUniversalCommunication>{uri}</ram:URIUniversalCommunication>"
    return (
        f'<ram:GlobalID schemeID="{scheme}">{identifier}</ram:GlobalID>'
        f"<ram:RoleCode>{role}</ram:RoleCode>{where}"
    )


def phase(code):
    return f"<ram:TypeCode>{code}</ram:TypeCode>"


def status(code):
    return f"<ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>"


def detail(reason="", *, number="<ram:SequenceNumeric>1</ram:SequenceNumeric>", inside=""):
    cause = f"<ram:ReasonCode>{reason}</ram:ReasonCode>" if reason else ""
    return f"<ram:SpecifiedDocumentStatus>{cause}{number}{inside}</ram:SpecifiedDocumentStatus>"


def datum(kind, amount="<ram:ValueAmount>12.00</ram:ValueAmount>", rate="20"):
    percent = f"<ram:ValuePercent>{rate}</ram:ValuePercent>" if rate else ""
    return (
        "<ram:SpecifiedDocumentCharacteristic>"
        f"<ram:TypeCode>{kind}</ram:TypeCode>{amount}{percent}"
        "</ram:SpecifiedDocumentCharacteristic>"
    )


DAY = "<qdt:DateTimeString>20260901</qdt:DateTimeString>"
DATE = f"<ram:FormattedIssueDateTime>{DAY}</ram:FormattedIssueDateTime>"
CHORUS = party("9999", "WK")
SELLER = '<ram:GlobalID schemeID="0002">332540215</ram:GlobalID>'
PPF = party("0000", "DFH")
TREATED = {
    "process": "REGULATED",
    "profile": "urn.cpro.gouv.fr:1p0:CDV:invoice",
    "id": "<ram:ID>M1</ram:ID>",
    "sender": party("0042", "WK"),
    "issuer": party("12345678200051", "BY", "0009"),
    "recipient": party("0043", "WK"),
    "phase": phase("23"),
    "code": "",
    "type": "380",
    "date": DATE,
    "status": status("204"),
    "seller": SELLER,
    "debtor": "BY",
    "details": "",
}
# A platform speaks, before buyer and seller do.
TRANSMITTED = {"phase": phase("305"), "issuer": CHORUS, "status": status("202")}
F2 = "urn.cpro.gouv.fr:1p0:CDV:einvoicingF2"


def told(code, reason="", **more):
    """A status and its reason."""
    return {"status": status(code), "details": detail(reason), **more}


def message(**changes):
    values = {**TREATED, **changes}
    return FORM.format(namespaces=NAMESPACES, **values).encode()


def fired(content, pack=PACK):
    outcome = run(content, etree.fromstring(content), Scope((pack,), "cdar"))
    return {rule.removeprefix("BR-FR-CDV-"): n for (_, rule), n in outcome.fired.items()}


# Rule (without its beginning): what breaks it, what comes with that, messages that do not.
CASES = {
    "BR-FR-04_MDT-91": ({"type": "999"}, (), [{"type": "262"}]),
    "02_MDT-3": (
        {"profile": F2},
        (),
        [{"profile": F2, "recipient": PPF, "process": "S1"}],
    ),
    "03_MDT-4": ({"id": ""}, (), [{}]),
    "07_MDT-38_yes": (
        {"issuer": "<ram:RoleCode>BY</ram:RoleCode>"},
        (),
        [TRANSMITTED | {"issuer": "<ram:RoleCode>WK</ram:RoleCode>"}],
    ),
    "08_MDT-73": (
        {"recipient": party("12345678200051", "SE", "0009")},
        (),
        [{"recipient": party("12345678200051", "SE", "0009", "123456782")}],
    ),
    "09_MDT-77": ({"phase": phase("24")}, (), [TRANSMITTED]),
    "11_MDG-35": ({"date": ""}, (), [told("501", "IRR_SYNTAX", date="")]),
    "12_MDT-105": ({"status": ""}, (), [{}]),
    "13_MDT-129": ({"seller": ""}, (), [told("501", "IRR_SYNTAX", seller="")]),
    "14_MDT-207": (
        {"status": status("212"), "details": detail(inside=datum("MEN") + datum("MEN", rate=""))},
        (),
        [
            {"status": status("212"), "details": detail(inside=datum("MEN") + datum("RAP", ""))},
            {"details": detail(inside=datum("MEN", ""))},
        ],
    ),
    "15_MDT-113": ({"status": status("210")}, (), [told("210", "CMD_ERR"), {}]),
    "16_MDT-124-2": ({"details": detail(number="")}, (), [{"details": detail()}]),
    "CL-01_MDT-2": (
        {"process": "S1"},
        (),
        [{"process": "S1", "recipient": PPF}, {"process": "", "recipient": PPF}],
    ),
    "CL-02_MDT-21_305": (TRANSMITTED | {"sender": party("1", "BY")}, (), [TRANSMITTED]),
    "CL-02_MDT-21_23": ({"sender": party("1", "DFH")}, (), [{"sender": party("1", "AB")}]),
    "CL-03_MDT-40_305": (TRANSMITTED | {"issuer": party("1", "BY")}, (), [TRANSMITTED]),
    "CL-03_MDT-40_23": ({"issuer": party("1", "WK")}, (), [{"issuer": party("1", "IV")}]),
    "CL-04_MDT-59": (
        {"recipient": party("1", "XX", address="1")},
        (),
        [{"recipient": party("1", "DL", address="1")}],
    ),
    "CL-05_MDT-88_305": (
        TRANSMITTED | {"code": "<ram:StatusCode>45</ram:StatusCode>"},
        (),
        [TRANSMITTED | {"code": "<ram:StatusCode>43</ram:StatusCode>"}],
    ),
    "CL-05_MDT-88_23": (
        {"code": "<ram:StatusCode>43</ram:StatusCode>"},
        (),
        [{"code": "<ram:StatusCode>45</ram:StatusCode>"}],
    ),
    "CL-06_MDT-105": ({"status": status("229")}, (), [{"status": status("228")}]),
    "CL-06_MDT-115": (
        {"details": detail(inside=status("299"))},
        (),
        [{"details": detail(inside=status("214"))}],
    ),
    "CL-07_MDT-132": (
        {"seller": f"{SELLER}<ram:RoleCode>BY</ram:RoleCode>"},
        (),
        [{"seller": f"{SELLER}<ram:RoleCode>SE</ram:RoleCode>"}],
    ),
    "CL-08_MDT-158": ({"debtor": "XX"}, (), [{"debtor": "DFH"}]),
    "CL-09_MDT-113": (told("204", "FACT_NON_CONFORME"), (), [told("204", "CONTACT_ACHTR")]),
    "CL-09_MDT-113_200": (told("200", "AUTRE"), (), [told("200", "NON_TRANSMISE")]),
    "CL-09_MDT-113_206": (told("206", "DEST_ERR"), (), [told("206", "PU_ERR")]),
    "CL-09_MDT-113_207": (told("207", "JUSTIF_ABS"), (), [told("207", "ADR_ERR")]),
    "CL-09_MDT-113_208": (told("208", "AUTRE"), (), [told("208", "JUSTIF_ABS")]),
    "CL-09_MDT-113_210": (
        told("210", "AUTRE"),
        (),
        [told("210", "TX_TVA_ERR"), told("210", "AUTRE", sender=CHORUS)],
    ),
    "CL-09_MDT-113_210B2G": (
        told("210", "CONTACT_ACHTR", sender=CHORUS),
        (),
        [told("210", "LIVR_INCOMP", sender=CHORUS), told("210", "TX_TVA_ERR")],
    ),
    "CL-09_MDT-113_213": (told("213", "DEST_ERR"), (), [told("213", "REJ_COH")]),
    "CL-09_MDT-113_221": (told("221", "AUTRE"), (), [told("221", "ROUTAGE_ERR")]),
    "CL-09_MDT-113_501": (told("501", "IRR_VIDE"), ("CL-09_MDT-113",), [told("501", "IRR_NOM_F")]),
    "CL-10_MDT-121": (
        {"details": detail(inside="<ram:RequestedActionCode>XXX</ram:RequestedActionCode>")},
        (),
        [{"details": detail(inside="<ram:RequestedActionCode>NIN</ram:RequestedActionCode>")}],
    ),
    "CL-11_MDT-207": (
        {"details": detail(inside=datum("XXX"))},
        (),
        [{"details": detail(inside=datum("MAJ"))}],
    ),
}
NEVER = {
    "01_MDG-3": {"profile": ""},
    "04_MDG-4": {},
    "05_MDG-9": {"sender": ""},
    "06_MDT-21": {"sender": ""},
    "07_MDT-38_no": TRANSMITTED,
    "10_MDT-87": {},
}


def test_the_table_has_every_rule():
    for pack in (PACK, FIX_03):
        rules = {rule.id.removeprefix("BR-FR-CDV-") for rule in load(pack).rules}
        assert rules == {*CASES, *NEVER}
        assert len(rules) == 42


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires_on_its_bad_message_alone(rule):
    bad, also, good = CASES[rule]
    assert fired(message(**bad)) == {rule: 1, **dict.fromkeys(also, 1)}
    for each in good:
        assert fired(message(**each)) == {}


@pytest.mark.parametrize("rule", NEVER)
def test_a_rule_whose_official_test_cannot_fail_never_fires(rule):
    assert rule not in fired(message(**NEVER[rule]))
    assert rule not in fired(
        b"<rsm:CrossDomainAcknowledgementAndResponse xmlns:rsm='%s'/>" % RSM.encode()
    )


def test_codes_are_compared_as_they_stand():
    assert fired(message(type=" 380", debtor="BY\n")) == {"BR-FR-04_MDT-91": 1, "CL-08_MDT-158": 1}
    assert fired(message(type="380 389")) == {"BR-FR-04_MDT-91": 1}
    assert fired(message(type="")) == {"BR-FR-04_MDT-91": 1}


def test_a_message_about_a_flow_is_held_to_nothing():
    bad = told("500", "IRR_VIDE", process="", profile="urn.cpro.gouv.fr:1p0:CDV:flux", date="")
    assert fired(message(**bad))
    for pack in (PACK, FIX_03):
        assert fired(message(**bad, type="303"), pack) == {}


def test_fix_03_takes_every_value_of_the_list_of_processes():
    for process in ("NON_REGULATED", "B2C", "B2CINT", "B2BINT", "OUTOFSCOPE"):
        assert fired(message(process=process)) == {"CL-01_MDT-2": 1}
        assert fired(message(process=process), FIX_03) == {}
    assert fired(message(process="B2B"), FIX_03) == {"CL-01_MDT-2": 1}
    assert fired(message(process="S1", recipient=PPF), FIX_03) == {}


@pytest.mark.parametrize(
    ("rule", "motif"),
    [
        ("15_MDT-113", "REJ_RG"),
        ("CL-02_MDT-21_23", "REJ_HAB"),
        ("CL-06_MDT-105", "REJ_INEX"),
        ("14_MDT-207", "REJ_ENCAISSEMENT"),
    ],
)
def test_a_refused_status_has_its_motif(rule, motif):
    content = message(**CASES[rule][0])
    (finding,) = run(content, etree.fromstring(content), Scope((PACK,), "cdar", "g2b-pa")).findings
    assert (finding.motif, finding.place.line is not None) == (motif, True)


# -- beside the official set ----------------------------------------------------------------------

CODES = """200 202 206 207 208 210 212 213 221 229 501 601 23 305 24 380 381 999 10 43 45 8 50 5
WK DFH BY SE AB II XX 9999 0000 0042 0238 0002 REGULATED B2C S1 MEN RAP XXX NOA NON_TRANSMISE AUTRE
CMD_ERR DEST_ERR JUSTIF_ABS ROUTAGE_ERR IRR_SYNTAX REJ_COH CONTACT_ACHTR
urn.cpro.gouv.fr:1p0:CDV:invoice urn.cpro.gouv.fr:1p0:CDV:einvoicingF2"""
VALUES = [*CODES.split(), "", " 380 ", "WK ", "\n23"]


def mutated(root, dice):
    """A copy of a message, changed in one to four places."""
    root = copy.deepcopy(root)
    for _ in range(dice.randint(1, 4)):
        elements = [e for e in root.iterdescendants() if isinstance(e.tag, str)]
        if not elements:
            break
        element = dice.choice(elements)
        kind = dice.randrange(5)
        if kind == 0:
            element.getparent().remove(element)
        elif kind == 1:
            element.addnext(copy.deepcopy(element))
        elif element.attrib and kind == 2:
            element.set(dice.choice(list(element.attrib)), dice.choice(VALUES))
        else:
            leaves = [e for e in elements if not len(e)]
            dice.choice(leaves).text = dice.choice(VALUES)
    return root


def is_about_a_flow(root):
    return "303" in root.xpath(
        "//*[local-name()='ReferenceReferencedDocument']/*[local-name()='TypeCode']/text()"
    )


@pytest.mark.corpus
@pytest.mark.skipif(not oracle.CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED")
@pytest.mark.skipif(
    importlib.util.find_spec("saxonche") is None, reason="saxonche is not installed"
)
@pytest.mark.parametrize("pack", [PACK, FIX_03])
def test_mutated_messages_fire_the_official_rules(pack, monkeypatch):
    schema = "fnfe-ctc-1.4.0.03/CDAR/schematron/BR-FR-CDV-Schematron-CDAR.sch"
    monkeypatch.setitem(schematron.STYLESHEETS, FIX_03, schema)
    rule_set = "BR-FR-CDV" if pack == PACK else FIX_03
    dice = random.Random(20260901)
    roots = [case.root for case in oracle.cases("BR-FR-CDV")]
    wrong, compared, seen = [], 0, set()
    while compared < 300:
        root = mutated(dice.choice(roots), dice)
        content = etree.tostring(root)
        try:
            official = schematron.fired(rule_set, content)
        except schematron.EngineError:
            continue
        if is_about_a_flow(root):
            continue
        compared += 1
        seen |= set(official)
        ours = {f"{r}" for r in oracle.fired_by_us(pack, content, etree.fromstring(content))}
        if ours != set(official):
            wrong.append((sorted(set(official) - ours), sorted(ours - set(official)), content))
    assert wrong == []
    assert len(seen) > 25
