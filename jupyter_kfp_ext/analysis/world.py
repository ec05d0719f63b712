"""Parts of the world that calls read or write: files, generators, the working folder, ..."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

FILES = "@files"
RANDOM = "@random"
NUMPY_RANDOM = "@numpy.random"
CWD = "@cwd"
ENVIRON = "@environ"
SYS_PATH = "@sys.path"
SETTINGS = "@settings"
PACKAGES = "@packages"
"""What packages keep between calls, where a run saw it."""
IMPORTED = "@imported"
"""Modules of the user's own that functions have imported, of those whose import does something."""
PATCHES = "@patches"
"""Functions of the standard library that a package has replaced, where a run saw it."""

AMBIENT = (CWD, ENVIRON, SYS_PATH, PATCHES)
"""Parts that any statement may read without naming them: what a step changes goes to all later."""

TORCH_RANDOM = "@torch.random"
GENERATORS = (RANDOM, NUMPY_RANDOM, TORCH_RANDOM)


@dataclass(frozen=True)
class Effect:
    """What a call does to parts of the world. `sets`: the part's old state no longer matters.

    `may_set`: nor does it where the call sets the part, which the text does not tell.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()
    may_set: frozenset[str] = frozenset()


NONE = Effect()
BOTH_PACKAGES = Effect(reads=frozenset({PACKAGES}), writes=frozenset({PACKAGES}))
_WRITE_FILES = Effect(reads=frozenset({CWD}), writes=frozenset({FILES}))
_READ_FILES = Effect(reads=frozenset({FILES, CWD}))
APPEND_TO_FILES = Effect(reads=frozenset({FILES, CWD}), writes=frozenset({FILES}))
_RUN_PROGRAM = Effect(reads=frozenset({FILES, CWD, ENVIRON}), writes=frozenset({FILES}))

_WRITERS = re.compile(
    r"^(to_(csv|parquet|json|excel|pickle|hdf|feather|html|file|netcdf|zarr|markdown|stata)|"
    r"save\w*|savez\w*|savefig|imsave|imwrite|write_\w+|writelines|write|dump|mkdir|makedirs|"
    r"touch|unlink|remove|removedirs|rmdir|rmtree|rename|copy2|copyfile|copytree|move|symlink_to|make_archive|unpack_archive|"
    r"urlretrieve|extractall|extract|export\w*|download\w*)$"
)
_READERS = re.compile(
    r"^(read_(csv|parquet|json|excel|pickle|hdf|feather|html|sql\w*|table|fwf|orc|text|bytes|stata)|"
    r"load|load_\w+|loadtxt|genfromtxt|imread|fromfile|from_file|listdir|scandir|walk|glob|rglob|"
    r"iglob|iterdir|exists|is_file|is_dir|isfile|isdir|getsize|stat|memmap|open_dataset|"
    r"from_pretrained|connect|open_\w+|ImageFolder)$"
)
_SKLEARN_DATA = re.compile(r"^(load_(iris|digits|wine|breast_cancer|diabetes|linnerud|dataset))$")
_OF_OPEN_FILES = frozenset({"read", "readline", "readlines", "close", "rollback", "iterdump"})
_OF_CONNECTIONS = frozenset(
    {"execute", "executemany", "executescript", "cursor", "commit", "to_sql", "backup"}
)
"""Methods of what is opened again in a step: the file must be there as it was left."""
_AMBIGUOUS_METHODS = frozenset({"remove", "rename", "load", "extract", "copy2", "move", "stat"})
"""Methods of lists and frames too: only functions of modules of these names touch files."""

_SETTINGS = re.compile(
    r"^(numpy\.(set_printoptions|seterr)|pandas\.(re)?set_option|matplotlib\.(use|rc)|"
    r"matplotlib\.pyplot\.(rc|rcdefaults|switch_backend)|matplotlib\.(pyplot\.)?"
    r"(style\.use|rcParams\.update|rcParamsDefault)|seaborn\.set(_\w+)?|"
    r"warnings\.(filterwarnings|simplefilter|resetwarnings)|"
    r"logging\.(basicConfig|disable|addLevelName|captureWarnings|config\.\w+Config|set[A-Z]\w+)|"
    r"copyreg\.(pickle|constructor)|os\.umask|time\.tzset|signal\.signal|"
    r"csv\.(field_size_limit|(un)?register_dialect)|codecs\.(un)?register\w*|"
    r"(mimetypes|email\.charset)\.add_\w+|shutil\.(un)?register_\w+|threading\.stack_size|"
    r"xml\.etree\.\w+\.register_namespace|(gc|faulthandler)\.(en|dis)able|"
    r"tracemalloc\.(start|stop)|"
    r"(sklearn\.set_config|jax\.config\.\w+|tqdm\.(\w+\.)*pandas|"
    r"polars\.set_random_seed)|"
    r"torch\.(set_(?!rng_state)\w+|use_deterministic_algorithms)|"
    r"tensorflow\.(random\.set_seed|config\.\w+|keras\.utils\.set_random_seed))$"
)

_SETTERS = re.compile(r"^(?!(random|operator|os|asyncio)\.|.*\.setdefault$)[\w.]+\.set[a-z_]\w+$")
"""Functions of the standard library that set something for the whole process, by their names."""

ASKING = frozenset({"csv.field_size_limit", "threading.stack_size"})
"""Settings that are asked for by the function that makes them, without arguments."""

_GO_TO_FOLDER = Effect(reads=frozenset({CWD, FILES}), writes=frozenset({CWD}))
"""The folder may be one that an earlier step made."""

_CROSSING_SETTINGS = re.compile(
    r"^(numpy\.(set_printoptions|seterr)|pandas\.((re)?set_option|options)|matplotlib\.rc|"
    r"matplotlib\.(pyplot\.)?(rc|style)|seaborn\.set|warnings\.|logging\.|locale\.setlocale|"
    r"sys\.(setrecursionlimit|argv)|decimal\.|time\.tzset|sklearn\.set_config|"
    r"torch\.(set_(default_(dtype|device|tensor_type)|printoptions|num_threads|grad_enabled|"
    r"anomaly_enabled|float32_matmul_precision|deterministic_debug_mode|warn_always)|"
    r"use_deterministic_algorithms|backends\.(cudnn|cuda\.matmul)\b))"
)

_OF_LOGGERS = frozenset(
    {"addFilter", "addHandler", "removeFilter", "removeHandler", "setFormatter", "setLevel"}
)

_NOT_DRAWING = frozenset(
    {
        "default_rng", "Generator", "RandomState", "SeedSequence", "PCG64", "MT19937", "Philox",
        "SFC64", "Random", "SystemRandom", "BitGenerator",
    }
)  # fmt: skip
_SEEDS_TORCH = re.compile(
    r"^torch\.((random\.)?(manual_seed|seed|set_rng_state)|"
    r"cuda\.(random\.)?(manual_seed\w*|seed\w*|set_rng_state\w*))$"
)
_SEEDS_ALL = re.compile(
    r"^((pytorch_lightning|lightning(\.pytorch|\.fabric)?)\.(\w+\.)*seed_everything|"
    r"(transformers|accelerate)\.(\w+\.)*(set_seed|enable_full_determinism)|fastai\.\w+\.set_seed)$"
)
_SEEDING = frozenset({"seed", "set_state", "setstate"})
_LOOKING = frozenset({"get_bit_generator", "get_state", "getstate"})
_HIDDEN_DRAWS = re.compile(
    r"^(train_test_split|sample|fit|fit_transform|fit_predict|cross_val_score|cross_validate|split|"
    r"cross_val_predict|shuffle|resample|rvs|make_\w+|permutation_importance|partial_fit|search)$"
)
"""What draws from numpy's global generator where no `random_state` is given."""


LOG_FILES = re.compile(r"FileHandler\b|basicConfig\([^)]*filename")
"""Code that makes loggers write to files."""

FLAGS = re.compile(
    r"\bgetcontext\(\)(?!\.(prec|rounding|traps|E(min|max|tiny|top)|capitals|clamp)\b)|"
    r"\bclear_flags\b"
)
"""Code that may look at what arithmetic raised in the context of `decimal`."""

NAMES_ENVIRON = re.compile(r"environ|putenv|dotenv|%(set_)?env\b")
"""Code that may change environment variables."""

_MODULE_FILE = re.compile(r"\b([^\W\d]\w*)(?:\.py\b|/__init__\.py\b)")


_FILE_FUNCTIONS = frozenset(
    {
        "fileinput.input", "fileinput.FileInput",
        "os.chmod", "os.link", "os.mkfifo", "os.mknod", "os.open", "os.replace", "os.symlink",
        "os.truncate", "os.utime", "shutil.copy", "shutil.copymode", "shutil.copystat",
    }
)  # fmt: skip
"""Functions that change files and have names of which others do not."""


def written_modules(sources: Iterable[str]) -> frozenset[str]:
    """Return the names of modules whose files the code names, and so may write."""
    return frozenset(name for source in sources for name in _MODULE_FILE.findall(source))


def of_function(dotted: str, mode: object, keywords: frozenset[str]) -> Effect:
    """Return the effect of a module's function, by its dotted name; `mode` is for opening."""
    module, _, name = dotted.rpartition(".")
    if _SEEDS_TORCH.match(dotted):
        return Effect(sets=frozenset({TORCH_RANDOM}))
    if _SEEDS_ALL.match(dotted):
        return Effect(sets=frozenset({RANDOM, NUMPY_RANDOM, TORCH_RANDOM}))
    for prefix, part in (("random", RANDOM), ("numpy.random", NUMPY_RANDOM)):
        if module == prefix:
            if name in _SEEDING:
                return Effect(sets=frozenset({part}))
            if name in _LOOKING:
                return Effect(reads=frozenset({part}))
            return NONE if name in _NOT_DRAWING else _drawing(part)
    if dotted == "os.chdir":
        return _GO_TO_FOLDER
    if dotted in {"os.putenv", "os.unsetenv", "dotenv.load_dotenv"}:
        return Effect(writes=frozenset({ENVIRON}))
    if dotted in {"os.getenv", "os.getenvb", "os.path.expandvars"}:
        return Effect(reads=frozenset({ENVIRON}))
    if module.startswith("os.environ"):
        return (
            Effect(reads=frozenset({ENVIRON}))
            if name in {"get", "items", "copy"}
            else Effect(writes=frozenset({ENVIRON}))
        )
    if module == "sys.path":
        return Effect(reads=frozenset({SYS_PATH}), writes=frozenset({SYS_PATH}))
    if module == "subprocess" or dotted in {"os.system", "os.popen"}:
        return _RUN_PROGRAM
    if dotted in _FILE_FUNCTIONS:
        return APPEND_TO_FILES
    if name in {"memmap", "open_memmap"}:
        return _READ_FILES if mode in {"r", "c"} else APPEND_TO_FILES
    if name in {"connect", "create_engine"} or dotted in {"shelve.open", "dbm.open"}:
        return APPEND_TO_FILES
    if name in {"open", "fdopen", "ZipFile", "TarFile", "File", "NamedTemporaryFile"}:
        return of_open(mode)
    if _HIDDEN_DRAWS.match(name) and module.startswith(("sklearn", "scipy", "pandas")):
        return NONE if keywords & {"random_state", "rng", "seed"} else _drawing(NUMPY_RANDOM)
    if module.startswith("sklearn.datasets") and _SKLEARN_DATA.match(name):
        return NONE
    return _of_name(name)


def of_method(name: str, mode: object, keywords: frozenset[str]) -> Effect:
    """Return the effect of a method of a value, by its name."""
    if name == "open":
        return of_open(mode)
    if name in _OF_OPEN_FILES:
        return _READ_FILES
    if name in _OF_CONNECTIONS:
        return APPEND_TO_FILES
    if _HIDDEN_DRAWS.match(name) and not keywords & {"random_state", "rng", "seed"}:
        return _drawing(NUMPY_RANDOM)
    return NONE if name in _AMBIGUOUS_METHODS else _of_name(name)


def of_path_method(name: str) -> Effect:
    """Return the effect of a method of a `pathlib.Path`."""
    if name in {"rename", "replace", "unlink", "rmdir", "touch", "mkdir", "chmod", "hardlink_to"}:
        return APPEND_TO_FILES
    return _of_name(name)


_IN_PLACE = re.compile(
    r"^(\w+)\.([\w.]+\.)?[a-z_]\w*\.(append|extend|insert|add|remove|pop|clear|update)$"
)
_OTHER_PARTS = ("os.environ", "sys.path.")


def is_setting(dotted: str) -> bool:
    """Tell a function that sets up a module or the process for all that follows.

    So do methods that change what a module of the standard library holds: `sys.argv.append`.
    """
    held = _IN_PLACE.match(dotted)
    if held and held[1] in sys.stdlib_module_names and not dotted.startswith(_OTHER_PARTS):
        return True
    if _SETTERS.match(dotted) and dotted.partition(".")[0] in sys.stdlib_module_names:
        return True
    return _SETTINGS.match(dotted) is not None


def sets_up_logging(path: tuple[str, ...]) -> bool:
    """Tell a method that sets up a logger, which any module may have by its name."""
    return bool(path and path[-1] in _OF_LOGGERS) or path[-2:] == ("handlers", "clear")


def crosses(dotted: str) -> bool:
    """Tell a setting that a step can hand on as a value (docs/step-runtime.md, `@settings`)."""
    return _CROSSING_SETTINGS.match(dotted) is not None


def is_of_messages(dotted: str) -> bool:
    """Tell a setting of what is logged or warned of."""
    return dotted.startswith(("logging.", "warnings."))


def seeded(settings: Iterable[str]) -> frozenset[str]:
    """Return the libraries that calls seed, of those whose generators do not cross."""
    return frozenset(each.split(".")[0] for each in settings if "seed" in each)


def of_open(mode: object) -> Effect:
    """Return the effect of opening a file in a mode (None: not written down, which reads)."""
    letters = set(mode) if isinstance(mode, str) else set()
    if "+" in letters or "a" in letters:
        return APPEND_TO_FILES
    return _WRITE_FILES if letters & {"w", "x"} else _READ_FILES


_FILE_COMMANDS = frozenset(
    {
        "bash", "sh", "script", "system", "sx", "perl", "ruby", "python", "python2", "python3",
        "pypy", "run", "mkdir", "rmdir", "rm", "cp", "mv",
    }
)  # fmt: skip
"""Magics that run programs or move files."""


def of_magic(kind: str, name: str, text: str) -> Effect:
    """Return the effect of a magic or a shell command."""
    if kind == "system":
        return _RUN_PROGRAM
    if name in _FILE_COMMANDS:
        return _RUN_PROGRAM
    if name in {"cat", "less", "more", "ls", "ll", "lf", "lx", "lk", "ldir", "pycat", "load"}:
        return _READ_FILES
    if name in {"writefile", "file", "save", "logstart", "notebook"}:
        return _WRITE_FILES
    if name in {"cd", "pushd", "popd"}:
        return _GO_TO_FOLDER
    if name in {"env", "set_env", "dotenv"} and text.strip():
        return Effect(reads=frozenset({ENVIRON}), writes=frozenset({ENVIRON}))
    return NONE


def _drawing(part: str) -> Effect:
    return Effect(reads=frozenset({part}), writes=frozenset({part}))


def _of_name(name: str) -> Effect:
    if _WRITERS.match(name):
        return _WRITE_FILES
    return _READ_FILES if _READERS.match(name) else NONE
