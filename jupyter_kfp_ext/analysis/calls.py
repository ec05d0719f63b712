"""What well-known calls do to their receiver and arguments: tables, nothing else.

Names are the last part of what is called. A method that is in no table changes its receiver; a
function of an installed package that is in no table changes none of its arguments (an assumption:
docs/semantics.md). Wrong entries here give wrong values, so a name that means different things in
different packages stays out.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


READERS = _names(
    """
    abs agg aggregate all any apply applymap argmax argmin argsort as_posix asof assign astype
    autocorr barh bar between bfill bit_length boxplot capitalize casefold center clip combine
    combine_first compare conj conjugate copy corr corrwith count cov crosstab cummax cummin
    cumprod cumsum decode deepcopy describe diff difference dot drop drop_duplicates dropna
    dtypes duplicated encode endswith eq equals eval ewm exists expanding expandtabs explode
    factorize ffill fillna filter find findall finditer first_valid_index flatten format
    format_map from_dict fullmatch ge get get_dummies get_feature_names_out get_params group
    groupby groupdict groups gt head hexdigest digest hist idxmax idxmin index infer_objects
    info inertia interpolate intersection is_dir is_file isalnum isalpha isascii isdecimal
    isdigit isdisjoint isidentifier islower isin isna isnull isnumeric isoformat isprintable
    isspace issubset issuperset istitle isupper item items iterdir iterrows itertuples join
    joinpath keys kurt last_valid_index le line ljust lower lstrip lt map mask match max mean
    median melt memory_usage merge min mode mul nbytes ne nlargest notna notnull nsmallest
    nunique partition pct_change pipe pivot pivot_table plot pow predict predict_log_proba
    predict_proba decision_function prod product quantile query radd rank ravel read_bytes
    read_text reindex relative_to removeprefix removesuffix rename_axis repeat replace
    resample reset_index reshape resolve rfind rglob glob rindex rjust rolling round
    rpartition rsplit rstrip scatter score search select_dtypes sem set_index shift skew slice
    sort_index sort_values split splitlines squeeze stack startswith stat std strftime strip
    sub sum swapaxes swapcase symmetric_difference tail take title to_csv to_dict
    to_excel to_frame to_html to_json to_list to_markdown to_numpy to_parquet to_pickle
    to_string tolist total_seconds transform translate transpose truediv tz_convert
    tz_localize union unique unstack upper value_counts values var view where with_name
    with_suffix xs zfill zscore add_prefix add_suffix as_integer_ratio bit_count elapsed
    fromkeys hex isocalendar weekday timestamp absolute expanduser samefile parent exists
    lookup inverse_transform savefig toarray todense tocsr tocsc nonzero trace searchsorted
    ptp tobytes numpy cpu detach size dim numel kneighbors score_samples staged_predict
    feature_names_in_ to_clipboard to_sql to_feather sample style
    """
)
"""Methods that leave their receiver as it is (unless `inplace=True`, `out=`, or a user's class).

`sort_values`, `drop`, ... of pandas return new objects; `sort`, `reverse`, `append`, `pop`, `add`,
`update`, `fit` are absent: they change."""

PLAIN_RESULTS = _names(
    """
    abs all any argmax argmin as_integer_ratio bit_count bit_length capitalize casefold center
    count decision_function decode deepcopy describe digest encode endswith exists find format
    fullmatch hexdigest index info inverse_transform isalnum isalpha isdecimal isdigit
    isidentifier isin islower isna isnull isnumeric isoformat isspace issubset issuperset
    istitle isupper item join ljust lower lstrip max mean median min nunique predict
    predict_log_proba predict_proba prod quantile read_bytes read_csv read_text rfind rjust
    round rstrip score splitlines startswith std strftime strip sum timestamp title to_csv
    to_json to_list to_string tobytes tolist total_seconds transform translate upper
    value_counts var zfill fit_transform fit_predict train_test_split cross_val_score
    cross_validate mean_squared_error accuracy_score r2_score f1_score precision_score
    recall_score roc_auc_score confusion_matrix classification_report log_loss
    mean_absolute_error load_iris load_digits load_wine load_breast_cancer load_diabetes
    make_classification make_blobs make_regression make_moons make_circles linspace arange
    zeros ones full empty eye zeros_like ones_like full_like empty_like rand randn randint
    normal uniform random default_rng permutation sqrt exp log log2 log10 sin cos tan tanh
    floor ceil power maximum minimum allclose array_equal dumps time perf_counter monotonic
    sleep now today getpid urandom uuid4 head tail dropna drop fillna reset_index set_index
    sort_values sort_index merge assign drop_duplicates rename query astype
    get_dummies pivot pivot_table melt agg aggregate corr cov concat hstack vstack concatenate
    where unique bincount histogram percentile dot cumsum cumprod diff clip show savefig
    figure subplot scatter hist bar barh title xlabel ylabel legend grid
    """
)
"""Functions and methods of installed packages whose result shares nothing with what they got.
(`agg`, `sort_values`, ... give new frames; elements of object columns are taken to be
values, as pandas users do.)"""

SAME_RESULTS = _names(
    """
    choice get items pop popitem setdefault values fit partial_fit set_params next groupby
    """
)
"""Methods that give back (a part of) what their receiver holds, the receiver itself, or what looks
at it (a grouping sees rows that its frame gets later)."""

KEEPERS = _names(
    """
    append add insert extend update setdefault put push appendleft extendleft heappush
    """
)
"""Methods after which the receiver holds its arguments."""

FORGETTERS = _names(
    """
    fit fit_transform fit_predict partial_fit sort reverse clear
    """
)
"""Methods that change the receiver and keep nothing of their arguments that anyone would change."""

BOUND = (
    KEEPERS | FORGETTERS | _names("discard pop popitem popleft remove subtract write writelines")
)
"""Methods that change their receiver also where they are called by another name (`put = log.append`
in a list of observers)."""

CHANGED_ARGUMENTS = {
    "shuffle": (0,), "copyto": (0,), "fill_diagonal": (0,), "place": (0,), "putmask": (0,),
    "put": (0,), "put_along_axis": (0,), "heappush": (0,), "heappop": (0,), "heapify": (0,),
    "heapreplace": (0,), "heappushpop": (0,), "insort": (0,), "insort_left": (0,),
    "insort_right": (0,), "setattr": (0,), "delattr": (0,), "next": (0,), "anext": (0,),
    "update_wrapper": (0,), "sca": (0,), "dump": (1,), "setitem": (0,), "delitem": (0,),
    "iadd": (0,), "iconcat": (0,), "islice": (0,), "deque": (), "readinto": (0,), "setLevel": (),
    "redirect_stdout": (0,), "redirect_stderr": (0,),
    "clip_grad_norm_": (0,), "clip_grad_value_": (0,), "step": (), "update": (),
}  # fmt: skip
"""Functions of installed packages and builtins that change arguments, by position."""

STORES = frozenset({"setattr", "delattr"})
"""Of these, those that store to the argument itself, which may be a class or a function."""

REGISTERING = frozenset({"register", "cache_clear"})
"""Methods of functions and classes that change what they are: `singledispatch`, `ABC`."""

CHANGED_KEYWORDS = frozenset({"out", "ax", "axes", "fp", "file", "buf", "stream", "obj"})
"""Keyword arguments that installed functions write to."""

BUILTIN_PLAIN = _names(
    """
    abs all any ascii bin bool breakpoint bytes callable chr complex delattr dir display
    divmod float format hasattr hash help hex id input int isinstance issubclass len
    oct ord pow print range repr round str type quit exit
    """
)
"""Builtins whose result holds nothing of what they got."""

BUILTIN_TYPES = _names("list dict set bytearray object str bytes tuple frozenset int float")
"""Types whose methods are called with the instance as first argument: `list.append(xs, 1)`."""

BUILTIN_LOOKING = _names("isinstance issubclass id callable")
"""Builtins that run no code of what they get."""

BUILTIN_CONTAINERS = _names(
    """
    list tuple dict set frozenset sorted bytearray sum
    """
)
BUILTIN_ITERATORS = _names(
    """
    iter zip map filter enumerate reversed aiter
    """
)

WRAPPERS = _names(
    """
    staticmethod classmethod property abstractmethod abstractproperty wraps cached_property
    lru_cache cache singledispatch singledispatchmethod contextmanager asynccontextmanager
    partial partialmethod total_ordering runtime_checkable overload final override dataclass
    njit jit vectorize
    """
)
"""Functions that give back what they got in a new form, and do not run it yet."""

UNPICKLERS = frozenset(
    {
        "pickle.load", "pickle.loads", "pickle.Unpickler", "dill.load", "dill.loads", "joblib.load",
        "cloudpickle.load", "cloudpickle.loads", "torch.load", "pandas.read_pickle", "shelve.open",
    }
)  # fmt: skip
"""Functions that find functions and classes by the names that a file holds."""

HOLDING_ARGUMENTS = _names("partial partialmethod")
"""Functions whose result calls what they got with what they got."""

ITERATING = _names(
    """
    list tuple dict set frozenset sorted sum all any min max zip map filter enumerate reversed
    join extend update islice chain deque reduce Counter cycle tee zip_longest product array
    fromiter
    """
)
"""Calls that iterate over their arguments."""

LOGGING = _names("critical debug error exception info log warning")
"""Methods of loggers, and functions of `logging`, that write a message."""

CALLING_ITERATORS = _names("accumulate dropwhile filterfalse groupby starmap takewhile")
"""Iterators of `itertools` that call what they get as they go on."""

ITERATOR_MODULES = ("itertools.", "csv.reader", "csv.DictReader", "os.scandir", "os.walk")
"""Functions (by the start of their dotted name) that return iterators."""
