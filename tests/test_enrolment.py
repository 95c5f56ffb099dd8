"""Which interfaces a partner may subscribe to: those of its circuit, and what is for anybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import resources
from simulator.api.calls import Enrolment, Refused
from simulator.domain.raccordement import Raccordement
from simulator.domain.reference import Options
from simulator.enrolment import Enrolments

# A code of each circuit, and one of another.
OWN = {
    "b2g": ("FSO1100A", "FSO3110A"),
    "b2g-pa": ("FSO1150A", "FSO1100A"),
    "g2b-pa": ("FSO3301A", "FSO1150A"),
    "g2b-issuer": ("FSO3110A", "FSO1304A"),
}
Enrol = Callable[..., Raccordement]


@pytest.fixture(scope="module")
def enrol(tmp_path_factory: pytest.TempPathFactory) -> Enrol:
    data = tmp_path_factory.mktemp("data")
    (data / "private").mkdir(mode=0o700)
    made = Enrolments(data, resources.reference(Options()), (), "aife-sim")

    def enrolled(circuit: str, *interfaces: str) -> Raccordement:
        given = Enrolment("VFE025", circuit, "sftp", interfaces=interfaces)  # type: ignore[arg-type]
        return made.raccordement(given)

    return enrolled


@pytest.mark.parametrize("circuit", OWN)
def test_a_partner_of_any_circuit_subscribes_to_the_directory(enrol: Enrol, circuit: str) -> None:
    own, _ = OWN[circuit]
    assert enrol(circuit, own, "FAR0037A").interfaces == (own, "FAR0037A")


@pytest.mark.parametrize("circuit", OWN)
def test_without_codes_it_has_those_of_its_circuit_and_the_directory_is_extra(
    enrol: Enrol, circuit: str
) -> None:
    interfaces = enrol(circuit).interfaces
    assert OWN[circuit][0] in interfaces
    assert "FAR0037A" not in interfaces


@pytest.mark.parametrize("circuit", OWN)
def test_a_code_of_another_circuit_is_refused(enrol: Enrol, circuit: str) -> None:
    _, foreign = OWN[circuit]
    with pytest.raises(Refused, match=f"not of circuit {circuit}: {foreign}"):
        enrol(circuit, foreign, "FAR0037A")
