import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.compiler.names import (
    ascii_identifier,
    ascii_text,
    is_dns_label,
    is_label_key,
    is_label_value,
    is_object_name,
    is_resource_name,
    pipeline_name,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "x"),
        ("X_1", "X_1"),
        ("größe", "gr_u00f6_u00dfe"),
        ("𝒳", "_u1d4b3"),
        ("@numpy.random", "world_numpy_random"),
    ],
)
def test_identifiers(name, expected):
    assert ascii_identifier(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits", "digits"),
        ("My Pipeline v1.2", "my-pipeline-v1-2"),
        ("Café", "cafe"),
        ("--a--", "a"),
    ],
)
def test_pipeline_names(name, expected):
    assert pipeline_name(name) == expected


@given(st.text())
def test_every_pipeline_name_is_accepted(name):
    assert is_dns_label(pipeline_name(name))


@pytest.mark.parametrize(("one", "other"), [("数字", "文字"), ("a" * 80, "a" * 81), ("ж1", "щ1")])
def test_names_that_lost_letters_stay_apart(one, other):
    assert pipeline_name(one) != pipeline_name(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Train the model", "Train the model"),
        ("Größe é ✓", "Grosse e ?"),
        ("a\nb\tc", "a b c"),
        ("{{{x}}}", "{ { {x}}}"),
    ],
)
def test_text_for_people(text, expected):
    assert ascii_text(text) == expected


@given(st.text())
def test_text_for_people_passes_kfp(text):
    shown = ascii_text(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert "{{" not in shown


CHECKS = [
    (is_dns_label, "data-1", True),
    (is_dns_label, "a.b", False),
    (is_dns_label, "-a", False),
    (is_dns_label, "a" * 64, False),
    (is_object_name, "a.b-c", True),
    (is_object_name, "A", False),
    (is_object_name, "a..b", False),
    (is_object_name, "a" * 254, False),
    (is_label_key, "x", True),
    (is_label_key, "my.org/X_y.z", True),
    (is_label_key, "/x", False),
    (is_label_key, "a/b/c", False),
    (is_label_key, "My_Org/x", False),
    (is_label_value, "", True),
    (is_label_value, "A.b_c-1", True),
    (is_label_value, "a b", False),
    (is_label_value, "-a", False),
    (is_resource_name, "nvidia.com/gpu", True),
    (is_resource_name, "gpu", False),
]


@pytest.mark.parametrize(("check", "name", "expected"), CHECKS)
def test_kubernetes_rules(check, name, expected):
    assert check(name) is expected
