"""Which address is answered by which handler (docs/api.md)."""

from typing import Any

from .history_handlers import AboutHandler, CompareHandler
from .log_handlers import LogFileHandler, LogIndexHandler, LogSearchHandler, LogWindowHandler
from .log_socket import LogSocket
from .option_handlers import ConnectionsHandler, OptionsHandler, RenameHandler
from .pipeline_handlers import InfoHandler, PipelineHandler, ProbeHandler
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
_TASK = r"(?P<task>[A-Za-z0-9_.-]+(?:(?:\[|%5B)[0-9.]+(?:\]|%5D))?)"


def routes() -> list[tuple[str, Any]]:
    """Return patterns, below the server's base URL, with their handlers."""
    return [
        (rf"{BASE}/info", InfoHandler),
        (rf"{BASE}/pipeline", PipelineHandler),
        (rf"{BASE}/probe", ProbeHandler),
        (rf"{BASE}/options", OptionsHandler),
        (rf"{BASE}/rename", RenameHandler),
        (rf"{BASE}/connections", ConnectionsHandler),
        (rf"{BASE}/runs", RunsHandler),
        (_RUN, RunHandler),
        (rf"{BASE}/compare", CompareHandler),
        (rf"{_RUN}/about", AboutHandler),
        (rf"{_RUN}/cancel", CancelHandler),
        (rf"{_RUN}/pause", PauseHandler),
        (rf"{_RUN}/resume", ResumeHandler),
        (rf"{_RUN}/outputs", OutputsHandler),
        (rf"{_RUN}/notebook", ExecutedNotebookHandler),
        (rf"{_RUN}/pipeline", RunPipelineHandler),
        (rf"{_RUN}/steps/{_TASK}/log", LogSocket),
        (rf"{_RUN}/steps/{_TASK}/log/index", LogIndexHandler),
        (rf"{_RUN}/steps/{_TASK}/log/window", LogWindowHandler),
        (rf"{_RUN}/steps/{_TASK}/log/search", LogSearchHandler),
        (rf"{_RUN}/steps/{_TASK}/log/file", LogFileHandler),
    ]
