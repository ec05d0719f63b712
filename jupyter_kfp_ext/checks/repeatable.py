"""Steps whose earlier result may be taken although running them again gives another one.

KFP's cache key holds code and inputs of a step, not the clock, the network or a random generator.
"""

import ast
import re
from collections.abc import Iterator

from ..errors import Code, Problem, Severity
from .reading import ReadCell, Reading, calls_in, keywords_of, text_of

_CLOCKS = re.compile(r"^time\.(time|time_ns|perf_counter|process_time|monotonic|thread_time)\w*$")
"""Clocks that most often only measure how long something takes."""

_MOMENTS = re.compile(
    r"^(datetime\.(datetime|date)\.(now|utcnow|today)|time\.(localtime|gmtime|ctime|strftime)|"
    r"pandas\.Timestamp\.(now|today|utcnow))$"
)
_UNIQUE = re.compile(
    r"^(uuid\.uuid[14]|os\.urandom|secrets\.\w+|random\.SystemRandom|os\.getpid|tempfile\.mk\w+)$"
)
_PLACES = re.compile(
    r"^(socket\.gethostname|platform\.node|getpass\.getuser|os\.(getenv|getlogin|cpu_count)|"
    r"os\.environ\.get)$"
)
_NETWORK = re.compile(
    r"^(requests\.(get|post|put|request|head)|httpx\.(get|post|request)|"
    r"urllib\.request\.(urlopen|urlretrieve)|wget\.download|yfinance\.\w+|"
    r"gdown\.\w+)$"
)
_URL = re.compile(r"^(https?|ftp|s3|gs|gcs|az|abfss?)://")
_READ = re.compile(r"^(pandas|polars|geopandas|xarray)\.(read_\w+|open_dataset|scan_\w+)$")
_NO_DRAW = frozenset(
    {"seed", "default_rng", "RandomState", "Random", "Generator", "getstate", "get_state",
     "setstate", "set_state", "SystemRandom", "SeedSequence", "PCG64", "MT19937", "Philox", "SFC64"}
)  # fmt: skip
_SKLEARN_DRAWS = re.compile(
    r"^sklearn\..*\.(train_test_split|KMeans|MiniBatchKMeans|RandomForest\w+|ExtraTrees\w+|"
    r"GradientBoosting\w+|MLP\w+|SGD\w+|TSNE|ShuffleSplit|StratifiedShuffleSplit|resample|"
    r"shuffle|make_(blobs|moons|circles|classification|regression)|IsolationForest|"
    r"Bagging\w+|GaussianMixture)$"
)
_SEEDS = re.compile(
    r"^(random\.seed|numpy\.random\.seed|torch\.manual_seed|tensorflow\.random\.set_seed|"
    r"lightning\.\w*seed_everything|pytorch_lightning\.seed_everything|"
    r"tensorflow\.keras\.utils\.set_random_seed|transformers\.set_seed)$"
)


def not_repeatable(reading: Reading) -> Iterator[Problem]:
    """Yield one problem for each step that KFP may skip and that would give another result.

    A hint where caching is only the default, a warning where the step or the pipeline asks for it.
    """
    if reading.plan.model.settings.cache is False:
        return
    seeded = {
        reading.dotted(call.func)
        for cell in reading.cells
        for call in calls_in(cell.tree)
        if _SEEDS.match(reading.dotted(call.func))
    }
    for step in reading.plan.model.steps:
        cache = step.options.cache
        if cache is False:
            continue
        own = [cell for cell in reading.cells if cell.marked.step == step.name]
        found = [
            (cell, call, why)
            for cell in own
            for call in calls_in(cell.tree)
            if (why := _why(reading, call, seeded, measured=cache is True))
        ]
        if found:
            yield _problem(step.name, found, asked=cache is True)


def _problem(step: str, found: list[tuple[ReadCell, ast.Call, str]], asked: bool) -> Problem:
    cell, call, _ = found[0]
    reasons = list(dict.fromkeys(why for _, _, why in found))
    many = "; ".join(reasons[:3]) + ("; and more" if len(reasons) > 3 else "")
    return cell.problem(
        Code.NOT_REPEATABLE,
        f"Step '{step}' may give another result each time ({many}), but with caching "
        f"{'on' if asked else 'on, as it is on a cluster by default,'} an earlier result is taken "
        "while code and inputs stay the same.",
        "Set `cache` to false for this step, or make it repeatable (a seed, a fixed date, a "
        "parameter).",
        Severity.WARNING if asked else Severity.INFO,
        call,
    )


def _why(reading: Reading, call: ast.Call, seeded: set[str], measured: bool) -> str:
    """Return why a call gives another result each time; empty where it does not."""
    dotted = reading.dotted(call.func)
    if not dotted:
        return ""
    name = dotted.rpartition(".")[2]
    # `time.gmtime(0)` formats a moment that it is given.
    given = dotted.startswith("time.") and len(call.args) > (name == "strftime")
    if _MOMENTS.match(dotted) and not given:
        return f"{name}() reads the clock"
    if measured and _CLOCKS.match(dotted):
        return f"{name}() reads the clock"
    if _UNIQUE.match(dotted):
        return f"{name}() is never the same"
    if measured and _PLACES.match(dotted):
        return f"{name}() differs between machines"
    if _NETWORK.match(dotted):
        return f"{name}() reads from the network"
    if _READ.match(dotted) and call.args and _URL.match(text_of(call.args[0]) or ""):
        return f"{name}() reads from the network"
    return _unseeded(dotted, name, call, seeded)


def _unseeded(dotted: str, name: str, call: ast.Call, seeded: set[str]) -> str:
    if dotted.startswith("numpy.random."):
        if name in {"default_rng", "RandomState"}:
            return "" if call.args or call.keywords else f"{name}() has no seed"
        draws = dotted.count(".") == 2 and name not in _NO_DRAW and name[0].islower()
        return f"{name}() has no seed" if draws and "numpy.random.seed" not in seeded else ""
    if dotted.startswith("random.") and dotted.count(".") == 1:
        if name == "Random":
            return "" if call.args else "Random() has no seed"
        draws = name not in _NO_DRAW
        return f"{name}() has no seed" if draws and "random.seed" not in seeded else ""
    if _SKLEARN_DRAWS.match(dotted) and not keywords_of(call) & {"random_state", None}:
        still = any(each.arg == "shuffle" and _is_false(each.value) for each in call.keywords)
        return "" if still or "numpy.random.seed" in seeded else f"{name}() has no random_state"
    if re.match(r"^torch\.(rand|randn|randint|randperm|normal)$", dotted):
        return "" if any("seed" in each for each in seeded) else f"{name}() has no seed"
    return ""


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
