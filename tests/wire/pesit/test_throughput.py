"""A floor far below what is measured: it notices a quadratic slip, not a busy machine."""

from pesit_throughput import measure


def test_the_data_phase_is_not_the_bottleneck():
    encode, decode = measure(8)
    assert encode > 30
    assert decode > 30
