from decimal import Decimal

import pytest

from jupyter_kfp_ext.compiler.control import seconds
from jupyter_kfp_ext.compiler.resources import quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", "2"),
        ("0.5", "0.5"),
        ("500m", "0.5"),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1.5Gi", "1610612736"),
        ("1G", "1000000000"),
        ("1Mi", "1048576"),
        ("2M", "2000000"),
        ("1T", "1000000000000"),
        ("1Ti", "1099511627776"),
        ("1P", "1000000000000000"),
        ("1Pi", "1125899906842624"),
    ],
)
def test_kubernetes_quantities(text, number):
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "number"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400)]
)
def test_lengths_of_time(text, number):
    assert seconds(text) == number
