"""Curves and matrices of a metrics cell, as the metadata of KFP's `ClassificationMetrics`."""

from __future__ import annotations

from .failure import StepFailure

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


def chart_metadata(charts: list[dict[str, Any]], namespace: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of each artifact, in the form that kfp's SDK writes.

    Raises `StepFailure` (`metric-undefined`) where a value does not have the form.
    """
    return {chart["artifact"]: _metadata(chart, namespace) for chart in charts}


def _metadata(chart: dict[str, Any], namespace: dict[str, Any]) -> dict[str, Any]:
    try:
        if chart["kind"] == "roc":
            return roc_curve(*(namespace[name] for name in chart["names"]))
        labels = namespace.get(chart.get("labels") or "")
        return confusion_matrix(namespace[chart["names"][0]], labels)
    except (KeyError, TypeError, ValueError) as error:
        names = ", ".join(chart["names"])
        kind = "ROC curve" if chart["kind"] == "roc" else "confusion matrix"
        raise StepFailure(
            "metric-undefined",
            f"{names} cannot be shown as a {kind}: {type(error).__name__}: {error}.",
            "Take it out of the metrics cell, or give it the form that scikit-learn gives.",
        ) from None


def roc_curve(fpr: Any, tpr: Any, thresholds: Any) -> dict[str, Any]:
    """Return the metadata of a curve: `log_roc_curve` of `dsl.ClassificationMetrics`.

    An infinite first threshold (scikit-learn's) has no JSON; it becomes 1 more than the next.
    """
    points = [[float(each) for each in part] for part in (fpr, tpr, thresholds)]
    rates, recalls, limits = points
    if not len(rates) == len(recalls) == len(limits):
        raise ValueError(f"lengths {len(rates)}, {len(recalls)} and {len(limits)} differ")
    if len(limits) > 1 and limits[0] == float("inf"):
        limits[0] = limits[1] + 1
    readings = [
        {"confidenceThreshold": limit, "recall": recall, "falsePositiveRate": rate}
        for rate, recall, limit in zip(rates, recalls, limits)
    ]
    if any(value - value != 0 for each in readings for value in each.values()):
        raise ValueError("it holds values that are not finite")
    return {"confidenceMetrics": readings}


def confusion_matrix(matrix: Any, labels: Any = None) -> dict[str, Any]:
    """Return the metadata of a matrix: `log_confusion_matrix` of `dsl.ClassificationMetrics`.

    The categories are the labels, else the columns of a frame, else 0, 1, 2, ...
    """
    if labels is None:
        labels = getattr(matrix, "columns", None)
    matrix = getattr(matrix, "values", matrix)
    rows = [[_number(each) for each in row] for row in matrix]
    names = [str(each) for each in (range(len(rows)) if labels is None else labels)]
    if any(len(row) != len(names) for row in rows) or len(rows) != len(names):
        raise ValueError(f"it is not square, or has not {len(names)} categories")
    return {
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": name} for name in names],
            "rows": [{"row": row} for row in rows],
        }
    }


def _number(value: Any) -> int | float:
    number = float(value)
    if number - number != 0:
        raise ValueError("it holds values that are not finite")
    return int(number) if number.is_integer() else number
