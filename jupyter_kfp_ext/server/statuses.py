"""The one place that maps error codes to HTTP statuses."""

from ..errors import Code, KfpExtError

UNPROCESSABLE = 422
"""The notebook has errors: the request was right, its content cannot become a run."""

_STATUS = {
    Code.USAGE: 400,
    Code.ENGINE_UNKNOWN: 400,
    Code.CONNECTION_MISSING: 400,
    Code.PARAMETER_INVALID: 400,
    Code.PARAMETER_UNKNOWN: 400,
    Code.NOTEBOOK_MISSING: 404,
    Code.RUN_MISSING: 404,
    Code.STEP_MISSING: 404,
    Code.RUN_ENDED: 409,
    Code.RUN_ACTIVE: 409,
    Code.CODE_CHANGED: 409,
    Code.STORAGE_FAILED: 500,
    Code.CLUSTER_UNREACHABLE: 502,
    Code.CLUSTER_DENIED: 502,
    Code.CLUSTER_FAILED: 502,
}


def http_status(error: KfpExtError) -> int:
    """Return the status for an error, by the code of its first problem."""
    return _STATUS.get(error.code, UNPROCESSABLE)
