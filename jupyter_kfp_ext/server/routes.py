"""Which address is answered by which handler (docs/api.md)."""

from typing import Any

from .clean_handlers import CleanHandler
from .code_handlers import CodeChangesHandler, CodeHandler, RestoreHandler, RunCodeHandler
from .connection_handlers import (
    ConnectionsHandler,
    NamespacesHandler,
    ResourcesHandler,
    TestHandler,
)
from .control_handlers import (
    ArchiveHandler,
    CloneHandler,
    LeftThereHandler,
    RetryHandler,
)
from .elsewhere_handlers import (
    AttachHandler,
    NamesHandler,
    RunsOfScheduleHandler,
    RunsThereHandler,
    ScheduleHandler,
    SchedulesHandler,
    SwitchHandler,
    VersionsHandler,
)
from .example_handlers import ExamplesHandler
from .history_handlers import AboutHandler, CompareHandler
from .log_handlers import LogFileHandler, LogIndexHandler, LogSearchHandler, LogWindowHandler
from .log_socket import LogSocket
from .option_handlers import OptionsHandler, RenameHandler
from .pipeline_handlers import InfoHandler, PipelineHandler, ProbeHandler
from .result_handlers import ResultFileHandler, ResultLookHandler, ResultsHandler
from .run_handlers import (
    CancelHandler,
    ExecutedNotebookHandler,
    OutputsHandler,
    PauseHandler,
    ResumeHandler,
    RunHandler,
    RunPipelineHandler,
    RunsHandler,
)

BASE = r"/jupyter-kfp-ext"
_RUN = rf"{BASE}/runs/(?P<run_id>[A-Za-z0-9-]+)"
# A step, or one iteration of a loop, `train[1.2]`, whose brackets may come as `%5B` and `%5D`.
# Steps of other tools' pipelines are named by their place, `for-loop-1.train`.
_NAME = r"[A-Za-z0-9_.-]+(?:(?:\[|%5B)[0-9.]+(?:\]|%5D))?"
_TASK = rf"(?P<task>{_NAME})"

# A log may be that of one attempt, `train@2`, or of a container beside the step's, `train:driver`.
_PART = rf"{_NAME}(?:(?:@|%40)[0-9]+)?(?:(?::|%3A)(?:driver|init))?"
_LOG = rf"{_RUN}/steps/(?P<task>{_PART})/log"

# A cluster by the name of its connection, and what is there by Kubeflow's own id.
_PLACE = rf"{BASE}/connections/(?P<name>[^/]+)"
_KEY = r"(?P<key>[^/]+)"


def routes() -> list[tuple[str, Any]]:
    """Return patterns, below the server's base URL, with their handlers."""
    return [
        (rf"{BASE}/info", InfoHandler),
        (rf"{BASE}/pipeline", PipelineHandler),
        (rf"{BASE}/probe", ProbeHandler),
        (rf"{BASE}/code", CodeHandler),
        (rf"{BASE}/options", OptionsHandler),
        (rf"{BASE}/rename", RenameHandler),
        (rf"{BASE}/examples", ExamplesHandler),
        (rf"{BASE}/clean", CleanHandler),
        (rf"{BASE}/connections", ConnectionsHandler),
        (rf"{_PLACE}/test", TestHandler),
        (rf"{_PLACE}/resources", ResourcesHandler),
        (rf"{_PLACE}/namespaces", NamespacesHandler),
        (rf"{_PLACE}/names", NamesHandler),
        (rf"{_PLACE}/pipelines/{_KEY}/versions", VersionsHandler),
        (rf"{_PLACE}/runs", RunsThereHandler),
        (rf"{_PLACE}/runs/{_KEY}/attach", AttachHandler),
        (rf"{_PLACE}/schedules", SchedulesHandler),
        (rf"{_PLACE}/schedules/{_KEY}", ScheduleHandler),
        (rf"{_PLACE}/schedules/{_KEY}/(?P<verb>pause|resume)", SwitchHandler),
        (rf"{_PLACE}/schedules/{_KEY}/runs", RunsOfScheduleHandler),
        (rf"{BASE}/runs", RunsHandler),
        (_RUN, RunHandler),
        (rf"{BASE}/compare", CompareHandler),
        (rf"{_RUN}/about", AboutHandler),
        (rf"{_RUN}/cancel", CancelHandler),
        (rf"{_RUN}/pause", PauseHandler),
        (rf"{_RUN}/resume", ResumeHandler),
        (rf"{_RUN}/retry", RetryHandler),
        (rf"{_RUN}/clone", CloneHandler),
        (rf"{_RUN}/archive", ArchiveHandler),
        (rf"{_RUN}/cluster", LeftThereHandler),
        (rf"{_RUN}/outputs", OutputsHandler),
        (rf"{_RUN}/notebook", ExecutedNotebookHandler),
        (rf"{_RUN}/pipeline", RunPipelineHandler),
        (rf"{_RUN}/code", RunCodeHandler),
        (rf"{_RUN}/code/changes", CodeChangesHandler),
        (rf"{_RUN}/code/restore", RestoreHandler),
        (_LOG, LogSocket),
        (rf"{_LOG}/index", LogIndexHandler),
        (rf"{_LOG}/window", LogWindowHandler),
        (rf"{_LOG}/search", LogSearchHandler),
        (rf"{_LOG}/file", LogFileHandler),
        (rf"{_RUN}/steps/{_TASK}/results", ResultsHandler),
        (rf"{_RUN}/steps/{_TASK}/results/look", ResultLookHandler),
        (rf"{_RUN}/steps/{_TASK}/results/file", ResultFileHandler),
    ]
