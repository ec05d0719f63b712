"""The tables of names, word for word: what a well-known call does to its receiver and arguments.

Each word is tried in a small notebook, so that one that is dropped from its table is missed. The
words stand here a second time for that reason.
"""

import pytest
from notebooks import inputs_of, plan_of

READERS = """
    abs absolute add_prefix add_suffix agg aggregate all any apply applymap argmax argmin
    argsort as_integer_ratio as_posix asof assign astype autocorr bar barh between bfill
    bit_count bit_length boxplot capitalize casefold center clip combine combine_first compare
    conj conjugate copy corr corrwith count cov cpu crosstab cummax cummin cumprod cumsum
    decision_function decode deepcopy describe detach diff difference digest dim dot drop
    drop_duplicates dropna dtypes duplicated elapsed encode endswith eq equals eval ewm exists
    expanding expandtabs expanduser explode factorize feature_names_in_ ffill fillna filter find
    findall finditer first_valid_index flatten format format_map from_dict fromkeys fullmatch ge
    get get_dummies get_feature_names_out get_params glob group groupby groupdict groups gt head
    hex hexdigest hist idxmax idxmin index inertia infer_objects info interpolate intersection
    inverse_transform is_dir is_file isalnum isalpha isascii isdecimal isdigit isdisjoint
    isidentifier isin islower isna isnull isnumeric isocalendar isoformat isprintable isspace
    issubset issuperset istitle isupper item items iterdir iterrows itertuples join joinpath
    keys kneighbors kurt last_valid_index le line ljust lookup lower lstrip lt map mask match
    max mean median melt memory_usage merge min mode mul nbytes ne nlargest nonzero notna
    notnull nsmallest numel numpy nunique parent partition pct_change pipe pivot pivot_table
    plot pow predict predict_log_proba predict_proba prod product ptp quantile query radd rank
    ravel read_bytes read_text reindex relative_to removeprefix removesuffix rename_axis repeat
    replace resample reset_index reshape resolve rfind rglob rindex rjust rolling round
    rpartition rsplit rstrip samefile sample savefig scatter score score_samples search
    searchsorted select_dtypes sem set_index shift size skew slice sort_index sort_values split
    splitlines squeeze stack staged_predict startswith stat std strftime strip style sub sum
    swapaxes swapcase symmetric_difference tail take timestamp title to_clipboard to_csv to_dict
    to_excel to_feather to_frame to_html to_json to_list to_markdown to_numpy to_parquet
    to_pickle to_sql to_string toarray tobytes tocsc tocsr todense tolist total_seconds trace
    transform translate transpose truediv tz_convert tz_localize union unique unstack upper
    value_counts values var view weekday where with_name with_suffix xs zfill zscore
"""
OF_THEIR_OWN = """
    abs accuracy_score agg aggregate all allclose any arange argmax argmin array_equal
    as_integer_ratio assign astype bar barh bincount bit_count bit_length capitalize casefold
    ceil center classification_report clip concat concatenate confusion_matrix corr cos count
    cov cross_val_score cross_validate cumprod cumsum decision_function decode deepcopy
    default_rng describe diff digest dot drop drop_duplicates dropna dumps empty empty_like
    encode endswith exists exp eye f1_score figure fillna find fit_predict fit_transform floor
    format full full_like fullmatch get_dummies getpid grid head hexdigest hist histogram hstack
    index info inverse_transform isalnum isalpha isdecimal isdigit isidentifier isin islower
    isna isnull isnumeric isoformat isspace issubset issuperset istitle isupper item join legend
    linspace ljust load_breast_cancer load_diabetes load_digits load_iris load_wine log log10
    log2 log_loss lower lstrip make_blobs make_circles make_classification make_moons
    make_regression max maximum mean mean_absolute_error mean_squared_error median melt merge
    min minimum monotonic normal now nunique ones ones_like percentile perf_counter permutation
    pivot pivot_table power precision_score predict predict_log_proba predict_proba prod
    quantile query r2_score rand randint randn random read_bytes read_csv read_text recall_score
    rename reset_index rfind rjust roc_auc_score round rstrip savefig scatter score set_index
    show sin sleep sort_index sort_values splitlines sqrt startswith std strftime strip subplot
    sum tail tan tanh time timestamp title to_csv to_json to_list to_string tobytes today tolist
    total_seconds train_test_split transform translate uniform unique upper urandom uuid4
    value_counts var vstack where xlabel ylabel zeros zeros_like zfill
"""
SAME = """
    choice fit get groupby next partial_fit pop popitem set_params setdefault
"""
KEEPERS = """
    add append appendleft extend extendleft heappush insert push put setdefault update
"""
FORGETTERS = """
    clear fit partial_fit reverse sort
"""
PLAIN_BUILTINS = """
    abs all any ascii bin bool breakpoint bytes callable chr complex dir display divmod exit
    float format hasattr hash help hex id input int isinstance issubclass len oct ord pow print
    quit range repr round str type
"""
CONTAINERS = """
    bytearray dict frozenset list set sorted sum tuple
"""
ITERATORS = """
    aiter enumerate filter iter map reversed zip
"""
WRAPPERS = """
    abstractmethod abstractproperty asynccontextmanager cache cached_property classmethod
    contextmanager dataclass final jit lru_cache njit overload override partial partialmethod
    property runtime_checkable singledispatch singledispatchmethod staticmethod total_ordering
    vectorize wraps
"""
TYPES = """
    bytearray bytes dict float frozenset int list object set str tuple
"""

SHELL_SETTINGS = """
    aimport alias alias_magic autoawait autocall automagic autoreload code_wrap colors config
    doctest_mode load_ext matplotlib pdb pprint precision rehashx reload_ext unalias unload_ext
    xmode
"""
TOGGLES = """
    autocall automagic autoreload doctest_mode matplotlib pdb pprint precision rehashx xmode
"""
DIFFERENT_EACH_TIME = """
    getpid id input monotonic now object perf_counter process_time time time_ns today token_bytes
    token_hex urandom utcnow uuid1 uuid4
"""


def words(text):
    return pytest.mark.parametrize("word", text.split())


def source_of(plan, step, name):
    """Return the step that a step takes a name from."""
    return next(
        (each for each, names in inputs_of(plan).get(step, {}).items() if name in names), None
    )


def prelude_of(plan):
    """Return what the last step replays, as text."""
    return "\n".join(code.source for code in plan.steps[-1].prelude)


@words(READERS)
def test_a_reader_leaves_its_receiver_alone(word):
    plan = plan_of("x = [1]", f"x.{word}()", "print(x)")
    assert source_of(plan, "s3", "x") == "s1"


@words(OF_THEIR_OWN)
def test_a_result_of_its_own_shares_nothing(word):
    plan = plan_of("import numpy as np\nx = [1]", f"y = np.{word}(x)", "y[0] = 2", "print(x)")
    assert source_of(plan, "s4", "x") == "s1"


@words(SAME)
def test_a_part_that_is_given_back_is_the_same(word):
    plan = plan_of("x = [[1]]", f"y = x.{word}(0)", "print(x, y)")
    assert source_of(plan, "s3", "x") == source_of(plan, "s3", "y") == "s2"


@words(KEEPERS)
def test_what_is_kept_is_the_same(word):
    plan = plan_of("x = []\ny = [1]", f"x.{word}(y)", "z = 1", "print(x, y)")
    assert source_of(plan, "s4", "x") == source_of(plan, "s4", "y") == "s2"


@words(FORGETTERS)
def test_what_is_forgotten_is_not(word):
    plan = plan_of("x = [3]\ny = [1]", f"x.{word}(y)", "x.append(1)", "print(y)")
    assert source_of(plan, "s4", "y") == "s1"


@words(PLAIN_BUILTINS)
def test_a_builtin_holds_nothing_of_what_it_got(word):
    plan = plan_of("x = [1]", f"y = {word}(x)", "y[0] = 2", "print(x)")
    assert source_of(plan, "s4", "x") == "s1"


@words(CONTAINERS)
def test_a_container_of_an_iterator_is_none(word):
    plan = plan_of("x = iter([1])", f"y = {word}(x)", "for each in y: pass", "print(y)")
    assert source_of(plan, "s4", "y") == "s2"


@words(ITERATORS)
def test_an_iterator_is_used_up(word):
    plan = plan_of("x = [1]", f"y = {word}(x)", "for each in y: pass", "print(y)")
    assert source_of(plan, "s4", "y") == "s3"


@words(WRAPPERS)
def test_a_wrapper_does_not_run_what_it_gets(word):
    plan = plan_of(
        "import functools\nk = [1]",
        f"def f(*given): k.append(1)\ng = functools.{word}(f)",
        "print(k)",
    )
    assert source_of(plan, "s3", "k") == "s1"


@words(TYPES)
def test_a_method_by_its_type_changes_its_first_argument(word):
    plan = plan_of("x = [1]", f"{word}.change(x, 2)", "print(x)")
    assert source_of(plan, "s3", "x") == "s2"


@words(SHELL_SETTINGS)
def test_what_sets_up_the_shell_is_done_again(word):
    assert f"%{word} x" in prelude_of(plan_of(f"%{word} x", "print(1)"))


@pytest.mark.parametrize("word", sorted({*SHELL_SETTINGS.split()} - {*TOGGLES.split()}))
def test_a_magic_that_only_tells_a_setting_is_not_done_again(word):
    assert prelude_of(plan_of(f"%{word}", "print(1)")) == ""


@words(TOGGLES)
def test_a_magic_that_sets_without_an_argument_is_done_again(word):
    assert f"%{word}" in prelude_of(plan_of(f"%{word}", "print(1)"))


@words(DIFFERENT_EACH_TIME)
def test_a_default_that_is_another_each_time_crosses(word):
    plan = plan_of(f"def f(x=os.{word}()): return x", "f()")
    assert source_of(plan, "s2", "f") == "s1"


@words(DIFFERENT_EACH_TIME)
def test_a_class_attribute_that_is_another_each_time_crosses(word):
    plan = plan_of(f"class A:\n    x = os.{word}()", "A.x")
    assert source_of(plan, "s2", "A") == "s1"
