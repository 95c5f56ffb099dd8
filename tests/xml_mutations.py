"""Seeded damage to XML documents: one change each, as careless software would make it."""

import copy
import random

from lxml import etree

# Values that some field takes and others do not: codes, dates, amounts, and their near misses.
VALUES = (
    *("0", "1", "01", "001", "7", "07", "8", "12", "41", "42", "90", "93", "96", "97", "-1", "1.5"),
    *("380", "381", "389", "A1", "A11", "A25", "A26", "S1", "10", "20", "EUR", "eur", "EURO"),
    *("FR", "F", "FRA", "IBAN", "BIC", "flux", "FLUX", "numérisation", "Non", "Oui", "Recyclée"),
    *("2026-09-01", "2026-02-30", "20260901", "2026-09-01T10:00:00", "2026-09-01T10:00:00+02:00"),
    *("DtPrd", "IdFlx", "IdFluxx", "0001", "00001", "12A4", "12,50", "1e3", "+3", " 1 ", "é"),
    *("x" * n for n in (2, 3, 8, 9, 14, 15, 20, 21, 40, 41, 50, 51, 100, 101)),
)
NAMES = ("Identifiant", "Note", "Commentaire", "Libelle", "Inconnu", "Devise", "IdFacture")


def mutants(documents, count, seed):
    """`count` trees, each one change away from one of the documents, with a word on the change."""
    dice = random.Random(seed)
    for _ in range(count):
        root = copy.deepcopy(dice.choice(documents))
        damage = dice.choice(DAMAGES)
        yield damage.__name__, damage(root, dice)


def remove(root, dice):
    victim = _inner(root, dice)
    victim.getparent().remove(victim)
    return root


def duplicate(root, dice):
    model = _inner(root, dice)
    model.addnext(copy.deepcopy(model))
    return root


def rename(root, dice):
    victim = _any(root, dice)
    victim.tag = dice.choice((*NAMES, victim.tag.lower(), _any(root, dice).tag))
    return root


def move_among_siblings(root, dice):
    mover = _inner(root, dice)
    parent = mover.getparent()
    parent.remove(mover)
    parent.insert(dice.randint(0, len(parent)), mover)
    return root


def move_elsewhere(root, dice):
    mover = _inner(root, dice)
    mover.getparent().remove(mover)
    target = _any(root, dice)
    target.insert(dice.randint(0, len(target)), mover)
    return root


def empty(root, dice):
    victim = _leaf(root, dice)
    victim.text = dice.choice(("", " ", None))
    return root


def lengthen(root, dice):
    victim = _leaf(root, dice)
    text = victim.text or ""
    victim.text = text + dice.choice((text or "x", "1", " ", "x" * 30))
    return root


def replace(root, dice):
    _leaf(root, dice).text = dice.choice(VALUES)
    return root


def replace_by_neighbour(root, dice):
    _leaf(root, dice).text = _leaf(root, dice).text
    return root


def text_between_elements(root, dice):
    _any(root, dice).text = dice.choice(VALUES)
    return root


def attribute_lost(root, dice):
    victim = dice.choice([e for e in root.iter("*") if e.attrib])
    del victim.attrib[dice.choice(sorted(victim.attrib))]
    return root


def attribute_changed(root, dice):
    victim = dice.choice([e for e in root.iter("*") if e.attrib])
    victim.set(dice.choice(sorted(victim.attrib)), dice.choice(VALUES))
    return root


def attribute_added(root, dice):
    name = dice.choice(("NumOrdre", "compteur", "Compteur", "Version", "Id", "Type", "Inconnu"))
    _any(root, dice).set(name, dice.choice(VALUES))
    return root


DAMAGES = (
    remove,
    duplicate,
    rename,
    move_among_siblings,
    move_elsewhere,
    empty,
    lengthen,
    replace,
    replace_by_neighbour,
    text_between_elements,
    attribute_lost,
    attribute_changed,
    attribute_added,
)


def _any(root, dice):
    return dice.choice(list(root.iter("*")))


def _inner(root, dice):
    return dice.choice([e for e in root.iter("*") if e is not root])


def _leaf(root, dice):
    return dice.choice([e for e in root.iter("*") if not len(e)])


def parsed(text):
    """The root of a document given as text, without blanks between elements."""
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.fromstring(text.encode(), parser)
