"""Packs the files in `bundle/` into what the commands of the pipeline's steps hold.

The same files give the same bytes on every machine, so KFP finds the results of steps whose files
did not change; a step whose files changed has another hash in its command. Standard library only.
"""

import base64
import bz2
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BUNDLE = HERE / "bundle"
STEPS = BUNDLE / "steps"
RUNTIME = "kfp_step.py"
CODE_FOLDER = "/kfp-code"
"""Where a step finds the whole bundle, if that is mounted."""
ARCHIVE = "code.zip"


def command(script: str) -> list[str]:
    """Return the command that runs a file beside this one, whose text it holds."""
    return ["python3", "-u", "-c", (HERE / script).read_bytes().decode()]


def mounted(step: str) -> list[str]:
    """Return the arguments of a step that finds its code in the mounted bundle."""
    return [f"{CODE_FOLDER}/{ARCHIVE}", step, step_hash(step), "{{$}}"]


def inlined(step: str, apart: Iterable[str] = ()) -> list[str]:
    """Return the arguments of a step that hold its code, but for the files that it gets apart."""
    own = {path: data for path, data in step_files(step).items() if path not in apart}
    return [packed(own), step, step_hash(step), "{{$}}"]


def packed_runtime() -> str:
    """Return the code that runs the steps as the text of one argument."""
    return packed({RUNTIME: (BUNDLE / RUNTIME).read_bytes()})


def packed(files: Mapping[str, bytes]) -> str:
    """Return files as the text of one argument."""
    return "data:" + base64.b64encode(bz2.compress(zipped(files), 9)).decode("ascii")


def bundle() -> bytes:
    """Return the files of all steps as one zip."""
    files: dict[str, bytes] = {}
    for path in STEPS.glob("*.json"):
        files |= step_files(path.stem)
    return zipped(files)


def bundle_hash() -> str:
    """Return the sha-256 of the bundle, hexadecimal."""
    return sha256(bundle()).hexdigest()


def bundle_folder(parent: str) -> str:
    """Return the folder for the bundle below another one: another bundle, another folder."""
    return f"{parent}/{bundle_hash()}".lstrip("/")


def write_bundle(path: Path) -> None:
    """Write the bundle, to be copied into its folder."""
    path.write_bytes(bundle())


def config_map_name() -> str:
    """Return the name of the ConfigMap that holds the bundle: another bundle, another name."""
    return f"kfp-code-{bundle_hash()[:16]}"


def write_config_map(path: Path) -> None:
    """Write the manifest of the ConfigMap with the bundle (JSON, which is YAML, too)."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": config_map_name()},
        "immutable": True,
        "binaryData": {ARCHIVE: base64.b64encode(bundle()).decode("ascii")},
    }
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="ascii")


def step_hash(step: str) -> str:
    """Return the hash of all that a step runs; the step checks it when it starts."""
    digest = sha256()
    for path, data in step_files(step).items():
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:32]


def step_files(step: str) -> dict[str, bytes]:
    """Return the files that a step uses, by their paths in the bundle."""
    helpers = sorted(_description(step)["helpers"])
    return {
        RUNTIME: (BUNDLE / RUNTIME).read_bytes(),
        f"steps/{step}.json": _slice(step),
        **{path: BUNDLE.joinpath(*path.split("/")).read_bytes() for path in helpers},
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip whose bytes depend on nothing but the paths and contents of the files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def _description(step: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STEPS / f"{step}.json").read_bytes())
    return found


def _slice(step: str) -> bytes:
    """Return what the step reads: its description with the source of its cells."""
    said = _description(step)
    parts = [*said["prelude"], *said["cells"]]
    sources = _cells(STEPS / f"{step}.py")
    if len(parts) != len(sources):
        raise ValueError(
            f"steps/{step}.py has {len(sources)} cells, but steps/{step}.json names {len(parts)}: "
            "each cell begins with a line `# %% ...` and has its entry in `prelude` or `cells`."
        )
    for part, source in zip(parts, sources, strict=True):
        part["source"] = source
    return (json.dumps(said, sort_keys=True) + "\n").encode("ascii")


def _cells(path: Path) -> list[str]:
    """Return the sources in a file of cells; each begins with a line as the file's first one."""
    text = path.read_bytes().decode("utf-8", "surrogatepass") if path.exists() else ""
    mark = re.match(r"# %%+ ", text)
    if mark is None:
        return []
    # An empty line stands between two cells.
    _before, *others = re.split(rf"^{mark[0]}.*\n", text, flags=re.MULTILINE)
    ends = ["\n\n"] * (len(others) - 1) + ["\n"]
    return [source.removesuffix(end) for source, end in zip(others, ends, strict=True)]
