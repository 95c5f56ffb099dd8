"""A password that a partner chose itself, and the one that it was given."""

import pytest

from simulator.domain.raccordement import Raccordement

GIVEN = Raccordement("DEM003", "b2g", "pesit", password="secret")


@pytest.mark.parametrize(
    ("earlier", "given", "stands"),
    [
        (GIVEN, "secret", "secret"),
        (GIVEN, "another", "another"),
        (GIVEN.with_password("mine"), "secret", "mine"),
        (GIVEN.with_password("mine").with_password("newer"), "secret", "newer"),
        (GIVEN.with_password("mine"), "another", "another"),
        (GIVEN.with_password("mine").with_password("secret"), "secret", "secret"),
    ],
)
def test_a_password_of_its_own_stands_until_it_is_given_another(earlier, given, stands):
    at_the_start = Raccordement("DEM003", "b2g", "pesit", password=given)
    assert at_the_start.as_left_by(earlier).password == stands


def test_what_it_was_given_is_remembered_over_several_starts():
    left = GIVEN.with_password("mine")
    again = GIVEN.as_left_by(left)
    assert GIVEN.as_left_by(again).password == "mine"
