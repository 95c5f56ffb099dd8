"""Files of structures: what a structure demands and its services, in both forms."""

import pytest

from simulator.cli.structure_files import StructureFileError, structures_in
from simulator.domain.raccordement import Service

FORMS = {
    "structures.toml": (
        "[[structure]]\nidentifier = '12345678200028'\nname = 'REGION'\nkind = 'public'\n"
        "service_required = true\nservices = [{ code = 'S1' }, { code = 'S2' }]\n"
    ),
    "structures.csv": (
        "identifier;name;kind;service_required;services\n12345678200028;REGION;public;oui;S1 S2\n"
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_services_and_demands_are_read(tmp_path, name):
    file = tmp_path / name
    file.write_text(FORMS[name])
    (region,) = structures_in(file)
    assert region.service_required
    assert not region.engagement_required
    assert region.services == (Service("S1"), Service("S2"))


def test_a_demand_that_is_neither_yes_nor_no_is_told(tmp_path):
    file = tmp_path / "structures.csv"
    file.write_text(FORMS["structures.csv"].replace("oui", "peut-être"))
    with pytest.raises(StructureFileError, match="service_required"):
        structures_in(file)
