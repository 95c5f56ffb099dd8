"""Status messages that BR-FR-CDV lets pass, and for each rule the changes that break it.

The ids of `CASES` are without their beginning, `PREFIX`.
"""

from __future__ import annotations

from collections.abc import Mapping

PACK, FIX_03 = "br-fr-cdv", "br-fr-cdv@1.4.0.03"
PREFIX = "BR-FR-CDV-"
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


def party(identifier: str, role: str, scheme: str = "0238", address: str = "") -> str:
    """What is inside a party."""
    uri = f"<ram:URIID>{address}</ram:URIID>" if address else ""
    where = f"<ram:URIUniversalCommunication>{uri}</ram:URIUniversalCommunication>"
    return (
        f'<ram:GlobalID schemeID="{scheme}">{identifier}</ram:GlobalID>'
        f"<ram:RoleCode>{role}</ram:RoleCode>{where}"
    )


_NUMBER = "<ram:SequenceNumeric>1</ram:SequenceNumeric>"
_AMOUNT = "<ram:ValueAmount>12.00</ram:ValueAmount>"


def phase(code: str) -> str:
    """The type of the message."""
    return f"<ram:TypeCode>{code}</ram:TypeCode>"


def status(code: str) -> str:
    """The status (MDT-105, MDT-115)."""
    return f"<ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>"


def detail(reason: str = "", *, number: str = _NUMBER, inside: str = "") -> str:
    """What is said of a status."""
    cause = f"<ram:ReasonCode>{reason}</ram:ReasonCode>" if reason else ""
    return f"<ram:SpecifiedDocumentStatus>{cause}{number}{inside}</ram:SpecifiedDocumentStatus>"


def datum(kind: str, amount: str = _AMOUNT, rate: str = "20") -> str:
    """An amount of a status."""
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


def told(code: str, reason: str = "", **more: str) -> dict[str, str]:
    """A status and its reason."""
    return {"status": status(code), "details": detail(reason), **more}


def message(**changes: str) -> bytes:
    """The message of an invoice that is treated (204), with parts changed."""
    values = {**TREATED, **changes}
    return FORM.format(namespaces=NAMESPACES, **values).encode()


# Rule (without its beginning): what breaks it, what comes with that, messages that do not.
CASES: Mapping[str, tuple[dict[str, str], tuple[str, ...], list[dict[str, str]]]] = {
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
