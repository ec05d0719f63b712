"""Curves and matrices: the metadata that kfp's SDK writes for the same numbers."""

import pytest
from kfp import dsl

from jupyter_kfp_ext.analysis.metrics import charts_in, metric_names
from jupyter_kfp_ext.analysis.plan import Chart
from jupyter_kfp_ext.runtime.step.charts import chart_metadata, confusion_matrix, roc_curve
from jupyter_kfp_ext.runtime.step.failure import StepFailure


def test_a_curve_is_that_of_the_sdk():
    theirs = dsl.ClassificationMetrics()
    theirs.log_roc_curve([0.0, 0.5, 1.0], [0.0, 0.75, 1.0], [1.9, 0.9, 0.1])
    assert roc_curve([0.0, 0.5, 1.0], [0.0, 0.75, 1.0], [1.9, 0.9, 0.1]) == theirs.metadata


def test_scikit_learns_infinite_threshold_becomes_a_finite_one():
    numpy = pytest.importorskip("numpy")
    found = roc_curve(*map(numpy.array, ([0.0, 1.0], [0.0, 1.0], [numpy.inf, 0.5])))
    assert [each["confidenceThreshold"] for each in found["confidenceMetrics"]] == [1.5, 0.5]
    assert all(
        type(value) is float for each in found["confidenceMetrics"] for value in each.values()
    )


def test_a_matrix_is_that_of_the_sdk():
    theirs = dsl.ClassificationMetrics()
    theirs.log_confusion_matrix(["cat", "dog"], [[3, 1], [0, 4]])
    assert confusion_matrix([[3, 1], [0, 4]], ["cat", "dog"]) == theirs.metadata


def test_categories_are_labels_columns_or_numbers():
    pandas = pytest.importorskip("pandas")

    def names(*given):
        specs = confusion_matrix(*given)["confusionMatrix"]["annotationSpecs"]
        return [each["displayName"] for each in specs]

    frame = pandas.DataFrame([[1, 2], [3, 4]], columns=["a", "b"])
    assert names(frame) == ["a", "b"]
    assert names(frame.values) == ["0", "1"]
    assert names(frame, [True, False]) == ["True", "False"]


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        ({"kind": "roc", "names": ["a", "b", "c"]}, {"a": [1], "b": [1, 2], "c": [1]}),
        ({"kind": "roc", "names": ["a", "b", "c"]}, {"a": 1, "b": 2, "c": 3}),
        ({"kind": "matrix", "names": ["m"]}, {"m": [[1, 2]]}),
        ({"kind": "matrix", "names": ["m"]}, {"m": [[float("nan")]]}),
        ({"kind": "matrix", "names": ["m"]}, {}),
    ],
)
def test_what_has_another_form_is_refused(chart, values):
    with pytest.raises(StepFailure) as caught:
        chart_metadata([{"artifact": "x", **chart}], values)
    assert caught.value.name == "metric-undefined"


@pytest.mark.parametrize(
    ("source", "names", "charts"),
    [
        ("a = 1\nb: float = 2\nc += 1", ["a", "b", "c"], []),
        ("a\nb, c\nprint(d, 'x', f'{e:.2f}')", ["a", "b", "c", "d", "e"], []),
        ("plt.plot(history)\nmodel.fit(X)", [], []),
        (
            "fpr, tpr, t = metrics.roc_curve(y, p)\nauc = metrics.auc(fpr, tpr)",
            ["auc"],
            [Chart("roc", ("fpr", "tpr", "t"))],
        ),
        (
            "cm = confusion_matrix(y, p, labels=classes)\ncm",
            [],
            [Chart("matrix", ("cm",), "classes")],
        ),
        ("for x in y:\n    best = x", ["x", "best"], []),
        ("best = max([x for x in xs], key=lambda y: (z := y))", ["best"], []),
        ("def f():\n    inner = 1\nscore = f()", ["score"], []),
        ("1 +", [], []),
    ],
)
def test_what_a_metrics_cell_says(source, names, charts):
    assert [name for name, _ in metric_names(source)] == names
    assert list(charts_in(source)) == charts
