"""Names of files in a flow: one cause, one finding."""

import pytest
from archive_forge import XML, fired, opened, tar, zipped


@pytest.mark.parametrize("packed", [tar, zipped])
@pytest.mark.parametrize("circuit", ["b2g", "b2g-pa", "g2b-pa", "g2b-issuer"])
@pytest.mark.parametrize("name", ["../a.xml", "/a.xml", "c:\\a.xml", "..\\a.xml"])
def test_a_name_that_leads_out_of_the_archive_has_no_second_finding_for_its_characters(
    packed, circuit, name
):
    flow = "flow.zip" if packed is zipped else "flow.tar.gz"
    items = opened(packed((name, XML)), name=flow, circuit=circuit)
    assert fired(items) == ["IRR_NOM_F_UNSAFE"]
