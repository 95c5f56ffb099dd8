"""Our packs fire as the official rules do, on every unit case and document of the corpus."""

import pytest
from packs import oracle

from simulator.validation.packs.loading import names

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not oracle.CORPUS.is_dir(), reason="no reference corpus: set AIFE_SIM_SHARED"
    ),
]


@pytest.mark.parametrize("rule_set", [r for r, (p, _) in oracle.RULE_SETS.items() if p in names()])
def test_the_same_rules_fire(rule_set):
    report = oracle.compared(rule_set)
    if not report.cases:
        pytest.skip(f"the corpus has no document for {rule_set}")
    assert (dict(report.missing), dict(report.extra)) == ({}, {})
