"""Attachments of documents: found in every syntax, measured without being decoded."""

import base64
import tracemalloc

import pytest
from attachment_samples import CPP, SYNTAXES, UBL, UN, File, document, tree
from hypothesis import given
from hypothesis import strategies as st

from simulator.messages.attachments import attachments, decoded_size, is_base64

BLANKS = st.text(alphabet=" \n\t\r", max_size=3)


def read(content, syntax):
    return list(attachments(tree(content), syntax))


def one(text, syntax="ubl-invoice"):
    (found,) = read(document(syntax, File(text=text)), syntax)
    return found


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_attachment_is_read_with_its_name_type_qualifier_and_size(syntax):
    file = File(name="bon de livraison.pdf", text="SGVsbG8=", qualifier="02")
    (found,) = read(document(syntax, file), syntax)
    assert (found.name, found.mime, found.qualifier) == (file.name, file.mime, file.qualifier)
    assert found.size == len(b"Hello")
    assert found.reference == ("" if syntax in CPP else "REF-1")
    assert found.element.text == file.text


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_attachments_come_in_document_order(syntax):
    files = [File(name=f"{n}.pdf") for n in range(5)]
    assert [a.name for a in read(document(syntax, *files), syntax)] == [f.name for f in files]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_a_document_does_not_say_is_empty(syntax):
    (found,) = read(document(syntax, File(name=None, mime=None, text="")), syntax)
    assert (found.name, found.mime, found.size) == ("", "", 0)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_document_without_attachments_has_none(syntax):
    assert read(document(syntax), syntax) == []


@pytest.mark.parametrize("syntax", ["cpp-statut", "unknown", ""])
def test_a_syntax_that_carries_no_attachments_gives_none(syntax):
    assert read(document("ubl-invoice", File()), syntax) == []


def test_an_external_reference_is_no_attachment():
    ubl = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cac:ExternalReference>"
        "<cbc:URI>https://example.org/a.pdf</cbc:URI></cac:ExternalReference></cac:Attachment>"
        "</cac:AdditionalDocumentReference>"
    )
    un = (
        "<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>1</ram:IssuerAssignedID>"
        "<ram:URIID>https://example.org/a.pdf</ram:URIID></ram:AdditionalReferencedDocument>"
    )
    cpp = "<PJ><IdUnique>42</IdUnique><NomPJ>a.pdf</NomPJ></PJ>"
    for syntaxes, inside in ((UBL, ubl), (UN, un), (CPP, cpp)):
        for syntax in syntaxes:
            found = read(document(syntax, File(), inside=inside), syntax)
            assert [a.name for a in found] == ["annexe.pdf"]


@pytest.mark.parametrize("syntax", CPP)
def test_the_other_name_of_the_cpp_block_is_read_too(syntax):
    inside = "<PieceJointe><Contenu>QQ==</Contenu><NomPJ>a.pdf</NomPJ></PieceJointe>"
    assert [a.size for a in read(document(syntax, inside=inside), syntax)] == [1]


@pytest.mark.parametrize("syntax", CPP)
def test_a_cpp_block_with_neither_content_nor_identifier_is_empty(syntax):
    (found,) = read(document(syntax, inside="<PJ><NomPJ>a.pdf</NomPJ></PJ>"), syntax)
    assert (found.size, found.element.tag, is_base64(found)) == (0, "PJ", True)


def test_one_reference_may_hold_several_attachments():
    binary = '<ram:AttachmentBinaryObject filename="%s">QQ==</ram:AttachmentBinaryObject>'
    inside = (
        "<ram:AdditionalReferencedDocument><ram:IssuerAssignedID>1</ram:IssuerAssignedID>"
        f"{binary % 'a.pdf'}{binary % 'b.pdf'}</ram:AdditionalReferencedDocument>"
    )
    found = read(document("cii-d22b", File(reference="0"), inside=inside), "cii-d22b")
    assert [(a.reference, a.name) for a in found][1:] == [("1", "a.pdf"), ("1", "b.pdf")]


def test_a_signature_is_no_attachment():
    inside = (
        "<cac:Signature><cac:DigitalSignatureAttachment><cbc:EmbeddedDocumentBinaryObject>QQ=="
        "</cbc:EmbeddedDocumentBinaryObject></cac:DigitalSignatureAttachment></cac:Signature>"
    )
    assert read(document("ubl-invoice", inside=inside), "ubl-invoice") == []


@given(st.binary(max_size=200))
def test_the_size_is_that_of_the_decoded_bytes(data):
    assert decoded_size(base64.b64encode(data).decode()) == len(data)


@given(st.binary(max_size=60), st.lists(BLANKS, min_size=90, max_size=90))
def test_blanks_do_not_count(data, blanks):
    signs = base64.b64encode(data).decode()
    text = "".join(sign + blank for sign, blank in zip(signs, blanks, strict=False))
    assert decoded_size(blanks[-1] + text) == len(data)


@given(st.integers(0, 500_000), st.sampled_from(["\n", "\r\n", " "]), st.integers(9000, 400_000))
def test_line_breaks_do_not_count_however_far_apart(size, end, width):
    signs = base64.b64encode(bytes(size)).decode()
    lines = [signs[start : start + width] for start in range(0, len(signs), width)]
    assert decoded_size(end.join(lines) + end) == size


@given(st.text(max_size=300))
def test_any_text_has_a_size_between_none_and_its_length(text):
    assert 0 <= decoded_size(text) <= len(text)


def test_padding_is_seen_through_a_long_end_of_blanks():
    assert decoded_size("QQ==" + " " * 5000) == 1
    assert decoded_size(" " * 5000) == 0
    assert decoded_size("====") == 1


def test_a_comment_or_a_section_inside_does_not_hide_content():
    assert one("SGV<!-- c -->sbG8=").size == len(b"Hello")
    assert one("SGV<?p?>sb<!--c-->G8=").size == len(b"Hello")
    assert one("<![CDATA[SGVsbG8=]]>").size == len(b"Hello")
    assert one("\n\t\tSGVs&#13;\nbG8=\n\t").size == len(b"Hello")


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("SGVsbG8=", True),
        ("SGVs\n\t bG8=\r\n", True),
        ("QQ = =", True),
        ("SGVsbG8", False),
        ("SGVsbG8*", False),
        ("QQ==QQ==", False),
        ("====", False),
        ("é" * 4, False),
        ("SGVsbG8-", False),
    ],
)
def test_base64_is_told_from_other_text(text, valid):
    assert is_base64(one(text, "cpp-facture-mixte")) is valid


def test_a_very_long_name_keeps_its_beginning_and_its_extension():
    (found,) = read(document("ubl-invoice", File(name="a" * 5000 + ".pdf")), "ubl-invoice")
    assert (len(found.name), found.name[-4:]) == (1024, ".pdf")


def test_blanks_around_a_name_are_not_part_of_it():
    (found,) = read(document("cpp-facture-mixte", File(name="\n  a.pdf\n")), "cpp-facture-mixte")
    assert found.name == "a.pdf"


@pytest.mark.parametrize("wrapped", [False, True])
def test_attachments_cost_the_memory_of_one_text_at_a_time(wrapped):
    signs = 2 << 20
    text = "\n".join(["QUFB" * 19] * (signs // 77)) if wrapped else "QUFB" * (signs // 4)
    root = tree(document("ubl-invoice", *[File(text=text)] * 8))
    tracemalloc.start()
    try:
        sizes = [found.size for found in attachments(root, "ubl-invoice")]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [len(base64.b64decode(text))] * 8
    assert peak < 1.5 * len(text)
