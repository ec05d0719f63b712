"""The spec held against kfp-pipeline-spec's own protobuf classes, without importing kfp.

`import kfp` takes about two seconds, most of it for its Kubernetes client; the generated module is
loaded from its file instead. protobuf gives both the same classes, so a later `import kfp` works.
"""

import functools
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from .encoding import EXACT

_MODULE = "kfp.pipeline_spec.pipeline_spec_pb2"
_ALIAS = "_jupyter_kfp_ext_pipeline_spec_pb2"


@functools.cache
def pipeline_spec_module() -> ModuleType:
    """Return kfp-pipeline-spec's generated module; `ImportError` where it is not installed."""
    if _MODULE in sys.modules:
        return sys.modules[_MODULE]
    _, *folders, name = _MODULE.split(".")
    package = importlib.util.find_spec("kfp")
    for root in (package.submodule_search_locations or []) if package else []:
        path = Path(root, *folders, f"{name}.py")
        if path.is_file():
            return _load(path)
    raise ImportError("kfp-pipeline-spec is not installed", name=_MODULE)


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_ALIAS, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded", name=_MODULE, path=str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checked_pipeline(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a `PipelineSpec` as protobuf gives it back, keys sorted.

    Raises `google.protobuf.json_format.ParseError` where a field does not exist or has the wrong
    type: that is a defect of the compiler, never of a notebook.
    """
    checked: dict[str, Any] = json.loads(_checked("PipelineSpec", _text(spec)))
    return checked


def checked_platform(platform: dict[str, Any]) -> dict[str, Any]:
    """Return a `PlatformSpec` as protobuf gives it back, keys sorted."""
    checked: dict[str, Any] = json.loads(_checked("PlatformSpec", _text(platform)))
    return checked


def _text(message: dict[str, Any]) -> str:
    try:
        return json.dumps(message)
    except TypeError as error:  # a date in the YAML of others
        from google.protobuf import json_format

        raise json_format.ParseError(str(error)) from error


@functools.lru_cache(maxsize=4)
def _checked(kind: str, text: str) -> str:
    """Return a message as protobuf gives it back; the same text gives the same.

    A notebook that is run again after a look at it has the same specification, and protobuf takes
    half the time of compiling.
    """
    from google.protobuf import json_format

    module = pipeline_spec_module()
    said = json.loads(text)
    message = json_format.ParseDict(said, getattr(module, kind)())
    if kind == "PipelineSpec":
        json_format.ParseDict(said["deploymentSpec"], module.PipelineDeploymentConfig())
    return json.dumps(_settled(json_format.MessageToDict(message)))


def _settled(value: Any) -> Any:
    """Return the value with sorted keys, and numbers as a JSON reader elsewhere sees them.

    protobuf keeps every number of a free value as a double and its maps in no order; the backend
    prints 1.0 as 1, and so do we, lest an int inside a list comes back as a float.
    """
    if isinstance(value, dict):
        return {name: _settled(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    return value
