"""A status is told to whom, as what and in which words the tables say; every row has a case."""

import pytest
from life_desk import CADRES, CATALOGUE, TABLE, ask, deposited, motif_of, told_to

from simulator.domain.lifecycle import Allowed, Choices

# -- mappings ---------------------------------------------------------------------------------------

# (circuit, actor, status, cadre) -> what is told: addressee, code, interface.
TOLD = {
    ("b2g-pa", "chorus", "01", ""): "platform 202 FEN1214A",
    ("b2g-pa", "chorus", "213", ""): "platform 213 FEN1214A, ppf 213 ",
    ("b2g-pa", "chorus", "03", ""): "platform 203 FEN1204A, buyer 03 FEN0036A",
    ("b2g-pa", "buyer", "07", ""): "platform 204 FEN1204A",
    ("b2g-pa", "buyer", "08", ""): "platform 204 FEN1204A",
    ("b2g-pa", "accountant", "09", ""): "platform 204 FEN1204A",
    ("b2g-pa", "accountant", "10", ""): "platform 204 FEN1204A",
    ("b2g-pa", "buyer", "06", ""): "platform 208 FEN1204A",
    ("b2g-pa", "buyer", "05", ""): "platform 210 FEN1204A, ppf 210 ",
    ("b2g-pa", "buyer", "04", ""): "platform 210 FEN1204A, ppf 210 ",
    ("b2g-pa", "accountant", "11", ""): "platform 211 FEN1204A",
    ("b2g-pa", "validator1", "13", "A9"): "platform 205 FEN1204A",
    ("b2g-pa", "validator2", "18", "A9"): "platform 205 FEN1204A",
    ("b2g-pa", "validator1", "14", "A9"): "platform 206 FEN1204A",
    ("b2g-pa", "validator2", "17", "A9"): "platform 206 FEN1204A",
    ("b2g-pa", "validator1", "13", "A12"): "platform 214 FEN1204A",
    ("b2g-pa", "validator1", "14", "A12"): "platform 210 FEN1204A, ppf 210 ",
    ("b2g-pa", "platform", "209", ""): "buyer 12 FEN0036A",
    ("b2g-pa", "platform", "227", ""): "buyer 12 FEN0036A",
    ("b2g-pa", "platform", "210", ""): "",
    ("b2g-pa", "platform", "212", ""): "",
    ("b2g-pa", "platform", "214", ""): "",
    ("b2g-pa", "platform", "220", ""): "",
    ("b2g-pa", "platform", "224", ""): "",
    ("b2g-pa", "platform", "225", ""): "",
    ("b2g-pa", "platform", "226", ""): "",
    ("b2g-pa", "platform", "228", ""): "",
    ("b2g-pa", "platform", "203", ""): "",
    ("b2g-pa", "platform", "213", ""): "",
    ("b2g", "chorus", "01", ""): "supplier 01 {life_cycle}, ppf 200 ",
    ("b2g", "chorus", "02", ""): "supplier 02 {life_cycle}",
    ("b2g", "chorus", "03", ""): "supplier 03 {life_cycle}, buyer 03 FEN0036A",
    ("b2g", "buyer", "05", ""): "supplier 05 {life_cycle}, ppf 210 ",
    ("b2g", "buyer", "06", ""): "supplier 06 {life_cycle}",
    ("b2g", "buyer", "07", ""): "supplier 07 {life_cycle}",
    ("b2g", "buyer", "08", ""): "supplier 08 {life_cycle}",
    ("b2g", "accountant", "09", ""): "supplier 09 {life_cycle}",
    ("b2g", "accountant", "10", ""): "supplier 10 {life_cycle}",
    ("b2g", "accountant", "11", ""): "supplier 11 {life_cycle}, ppf 212 ",
    ("b2g", "supplier", "12", ""): "supplier 12 {life_cycle}, buyer 12 FEN0036A",
    ("b2g", "validator1", "13", "A12"): "supplier 13 {life_cycle}",
    ("b2g", "validator1", "14", "A12"): "supplier 14 {life_cycle}",
    ("b2g", "validator2", "17", "A9"): "supplier 17 {life_cycle}",
    ("b2g", "validator2", "18", "A9"): "supplier 18 {life_cycle}",
    (
        "g2b-issuer",
        "chorus",
        "200",
        "",
    ): "issuer 200 {object_ack}, platform 200 {delivery}, ppf 200 ",
    ("g2b-issuer", "chorus", "213", ""): "issuer 213 {object_ack}, ppf 213 ",
    ("g2b-issuer", "chorus", "201", ""): "issuer 201 FEN4000A",
    **{
        ("g2b-pa", "platform", code, ""): f"issuer {code} FEN4000A"
        for code in ("202", "203", "204", "206", "207", "208", "210", "211", "213")
    },
    ("g2b-pa", "platform", "221", ""): "",
    **{
        ("g2b-issuer", "issuer", code, ""): f"platform {code} FEN4001A"
        for code in ("205", "209", "210", "214", "220")
    },
    ("g2b-issuer", "issuer", "212", ""): "platform 212 FEN4001A, ppf 212 ",
    ("g2b-issuer", "issuer", "227", ""): "",
    ("ereporting", "ppf", "300", ""): "issuer 300 FEN6000A",
    ("ereporting", "ppf", "301", ""): "issuer 301 FEN6000A",
}


def answered(case):
    circuit, actor, status, cadre = case
    creates = status in TABLE.order[TABLE.circuits[circuit]].first and actor in ("chorus", "ppf")
    history = () if creates else deposited(circuit)
    # 04 of today is 05: the row of 04 itself is read before the withdrawal.
    choices = Choices(recycling="keep")
    return ask(circuit, actor, status, cadre=cadre, history=history, choices=choices)


@pytest.mark.parametrize("case", TOLD, ids=" ".join)
def test_a_status_is_told_to_whom_and_as_what_the_tables_say(case):
    answer = answered(case)
    assert isinstance(answer, Allowed), answer
    told = ", ".join(f"{d.to} {d.status} {d.interface}" for d in answer.deliveries)
    assert told == TOLD[case]


def test_no_row_of_the_mapping_is_without_a_case():
    reached = {
        (TABLE.circuits[case[0]], answered(case).status, d.to, d.status, d.interface)
        for case in TOLD
        for d in answered(case).deliveries
    }
    rows = {
        (row.circuit, status, row.to, row.status or status, row.interface)
        for row in TABLE.told
        for status in row.statuses
    }
    # On b2g a buyer's 04 is told like the others.
    assert rows - reached == {("b2g", "04", "supplier", "04", "{life_cycle}")}


@pytest.mark.parametrize("row", TABLE.alias, ids=lambda r: f"{r.circuit} {r.said}")
def test_every_alias_leads_to_a_status_that_the_actor_may_set(row):
    for actor in row.actors:
        creates = row.means in TABLE.order[row.circuit].first
        history = () if creates else deposited(row.circuit)
        options = [c for c in CADRES if isinstance(said(row, actor, history, c), Allowed)]
        assert options
        answer = said(row, actor, history, options[0])
        assert answer.status == row.means
        assert f"{row.said} is recorded as {row.means}" in answer.notes


def said(row, actor, history, cadre):
    motif = motif_of(row.means)
    return ask(row.circuit, actor, row.said, history=history, cadre=cadre, motif=motif)


def test_every_told_code_is_one_that_the_catalogue_lets_its_interface_carry():
    for row in TABLE.told:
        if row.carries != "status" or not row.interface or "{" in row.interface:
            continue
        for status in row.statuses:
            assert (row.status or status) in CATALOGUE[row.interface]["statuses"], row
    for code in ("FEN1200A", "FEN1201A"):
        (row,) = [r for r in TABLE.told if r.interface == "{life_cycle}"]
        assert set(row.statuses) == set(CATALOGUE[code]["statuses"])


def test_every_interface_that_brings_a_status_is_one_that_the_catalogue_lets_carry_it():
    for row in TABLE.right:
        for status in row.statuses:
            says = [a.said for a in TABLE.alias if a.means == status and row.actor in a.actors]
            for code in row.via:
                carried = set(CATALOGUE[code]["statuses"])
                # Which of both codes of an issuer carries which is an open question.
                if row.actor == "issuer":
                    carried |= set(CATALOGUE["FSO3302A"]["statuses"])
                    carried |= set(CATALOGUE["FSO3300A"]["statuses"])
                assert carried & {status, *says}, (code, status)


def test_a_status_on_a_foreign_interface_is_refused():
    answer = ask("g2b-pa", "platform", "203", interface="CEN3036A")
    assert (answer.cause, answer.code) == ("interface", "REJ_INC")
    assert "FSO3301A" in answer.reason
    for code in ("FSO3301A", ""):
        assert isinstance(ask("g2b-pa", "platform", "203", interface=code), Allowed)
    assert isinstance(ask("b2g-pa", "platform", "203", interface="FSO1304A"), Allowed)
    for code in ("FSO3300A", "FSO3302A"):
        assert isinstance(ask("g2b-issuer", "issuer", "212", interface=code), Allowed)


def test_of_a_platform_any_status_is_noted_unless_listed_ones_only_are_wanted():
    assert ask("b2g-pa", "platform", "203").effect == "noted"
    listed = Choices(platform_statuses="listed")
    answer = ask("b2g-pa", "platform", "203", choices=listed)
    assert (answer.cause, answer.code) == ("role", "REJ_HAB")
    assert isinstance(ask("b2g-pa", "platform", "209", choices=listed), Allowed)


# -- comments and motifs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("07", "Service fait"),
        ("08", "Mandatée"),
        ("09", "Mise à disposition du comptable"),
        ("10", "Comptabilisée"),
    ],
)
def test_204_says_which_of_four_it_was(status, words):
    assert told_to("platform", ask("b2g-pa", "buyer", status, comment="")).comment == words
    with_comment = told_to("platform", ask("b2g-pa", "buyer", status, comment="le 3"))
    assert with_comment.comment == f"{words} - le 3"


# Tables 3 and 4 of the specifications.
TRANSCODED = {
    "AUT_MOTIF_ERR_VALIDEUR": "DEST_ERR",
    "CREANCIER_ERR": "DEST_ERR",
    "ERR_VALIDEUR": "DEST_ERR",
    "SE_ERR": "DEST_ERR",
    "RETRAIT_MAN_SERV": "AUTRE",
    "SUPPR_MASSE": "AUTRE",
    "AUTRE": "AUTRE",
    "ERREUR_DONNEE_EJ": "CMD_ERR",
    "EJ_ERR": "CMD_ERR",
    "HONORER_LA_COMMANDE": "LIVR_INCOMP",
    "LIVR_INCOMP": "LIVR_INCOMP",
    "MARCHE_TERM": "CONTRAT_TERM",
    "MONTANT_ERR": "MONTANTTOTAL_ERR",
    "CONTACT_ACHTR": "CONTACT_ACHTR",
    "COORD_BANC_ERR": "COORD_BANC_ERR",
    "DOUBLE_FACT": "DOUBLE_FACT",
    "FACT_NON_CONFORME": "FACT_NON_CONFORME",
    "ST_CT_NON_DECLAR": "ST_CT_NON_DECLAR",
    "SUPPR_COMP_AVOIR": "SUPPR_COMP_AVOIR",
    "TRANSF_PMNT_REGIE": "TRANSF_PMNT_REGIE",
    "TX_TVA_ERR": "TX_TVA_ERR",
}


@pytest.mark.parametrize("motif", TRANSCODED)
def test_a_buyers_motif_is_transcoded_on_a_refusal(motif):
    told = told_to("platform", ask("b2g-pa", "buyer", "05", motif=motif, comment=""))
    assert told.motif == TRANSCODED[motif]
    assert told.motif_label == TABLE.motifs.label(told.motif) != told.motif
    assert told.comment == TABLE.motifs.label(motif)


def test_the_transcoding_has_no_other_rows():
    rows = [m for row in TABLE.motifs.transcoding if not row.strict for m in row.motifs]
    assert sorted(rows) == sorted(TRANSCODED)


@pytest.mark.parametrize(("status", "actor"), [("06", "buyer"), ("14", "validator1")])
def test_a_motif_that_the_list_lacks_becomes_the_one_of_last_resort_and_is_told_in_words(
    status, actor
):
    answer = ask("b2g-pa", actor, status, motif="CREANCIER_ERR", comment="qui ?", cadre="A9")
    told = told_to("platform", answer)
    assert (told.status, told.motif) == {
        "06": ("208", "JUSTIF_ABS"),
        "14": ("206", "AUTRE"),
    }[status]
    assert told.comment == "CREANCIER_ERR : Créancier inconnu ou autre que celui du marché - qui ?"


@pytest.mark.parametrize("motif", TABLE.motifs.buyer)
@pytest.mark.parametrize(
    ("actor", "status"),
    [("buyer", "05"), ("buyer", "06"), ("validator1", "14"), ("validator2", "17")],
)
def test_with_strict_schematron_only_listed_motifs_leave(actor, status, motif):
    choices = Choices(strict_schematron=True)
    told = told_to(
        "platform", ask("b2g-pa", actor, status, motif=motif, cadre="A9", choices=choices)
    )
    motifs = TABLE.motifs
    assert told.motif in (
        *motifs.lists[told.status],
        *motifs.of_chorus.get(told.status, ()),
    )
    if motif == "FACT_NON_CONFORME" and status == "05":
        assert told.motif == "NON_CONFORME"


@pytest.mark.parametrize(("actor", "status"), [("validator1", "14"), ("validator2", "17")])
def test_a_validators_refusal_needs_no_motif_and_the_message_has_one(actor, status):
    told = told_to("platform", ask("b2g-pa", actor, status, motif="", comment="", cadre="A9"))
    assert (told.status, told.motif) == ("206", "AUTRE")
    told = told_to("platform", ask("b2g-pa", "validator1", "14", motif="", comment="", cadre="A12"))
    assert (told.status, told.motif, told.comment) == ("210", "DEST_ERR", "Valideur erroné")


def test_all_motifs_have_words():
    motifs = TABLE.motifs
    used = {m for codes in motifs.lists.values() for m in codes if not m.startswith("IRR_")}
    used |= {*motifs.buyer, *motifs.default.values(), *motifs.fallback.values()}
    used |= {m for codes in motifs.of_chorus.values() for m in codes}
    assert used - set(motifs.labels) == set()
