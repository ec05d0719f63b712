"""Which magics are replayed, and which are refused where a notebook is cut."""

import pytest
from notebooks import codes_of, plan_of

from jupyter_kfp_ext.analysis.magics import OF_A_PROCESS, SESSION
from jupyter_kfp_ext.errors import Code

BEFORE = "magic-unsupported"


@pytest.mark.parametrize("name", sorted(SESSION))
def test_what_knows_of_the_whole_session_is_refused_after_a_cut(name):
    assert BEFORE in codes_of(plan_of("x = 1", f"%{name} x"))


@pytest.mark.parametrize("name", sorted(SESSION))
def test_it_is_allowed_in_a_step_that_holds_all_before_it(name):
    cells = [("s1", "x = 1"), ("s1", f"%{name} x")]
    assert BEFORE not in codes_of(plan_of(*cells))


@pytest.mark.parametrize("name", sorted(OF_A_PROCESS))
def test_what_needs_a_kernel_is_refused_everywhere(name):
    assert BEFORE in codes_of(plan_of(f"%{name}"))


@pytest.mark.parametrize(
    ("cells", "refused"),
    [
        (["1 + 1", "Out[1]"], False),
        (["1 + 1", "print(_1)"], False),
        (["1 + 1", "print(_2)"], True),
        (["1 + 1", "print(_i1)"], True),
        (["1 + 1", "Out"], True),
        (["1", "2", "__"], True),
        (["x = 1", "In[-1]"], True),
        ([("s1", "1 + 1"), ("s1", "Out[1]")], False),
        (["_1 = 5", "print(_1)"], False),
        (["x = 1", "who"], True),
        (["who = 1", "who"], False),
        (["%reset -f", "x = 1"], False),
        (["%cd /", "%cd -"], True),
        (["%cd /", "%cd -q /tmp"], False),
        (["%logstart a.py", "x = 1"], True),
        (["# nothing", "%who"], True),
        (["x = 1", "s = '%who'"], False),
    ],
)
def test_the_border(cells, refused):
    assert (BEFORE in codes_of(plan_of(*cells))) is refused


REPLAYED = [
    "%precision 3",
    "%pprint",
    "%doctest_mode",
    "%xmode Plain",
    "%alias hi echo",
    "%alias_magic t timeit",
    "%load_ext autoreload",
    "%autoreload 2",
    "get_ipython().events.register('pre_run_cell', print)",
    "get_ipython().input_transformers_post.append(list)",
    "from IPython.core.interactiveshell import InteractiveShell\n"
    "InteractiveShell.ast_node_interactivity = 'all'",
    "from IPython.core.magic import register_line_magic\n"
    "@register_line_magic\ndef lm(line): return line",
]


@pytest.mark.parametrize("source", REPLAYED)
def test_what_sets_up_the_shell_is_replayed_in_later_steps(source):
    plan = plan_of(source, "1")
    replayed = "\n".join(each.source for each in plan.steps[1].prelude)
    assert [line for line in source.split("\n") if line not in replayed] == []


def test_toggles_are_replayed_each_time():
    plan = plan_of("%pprint", "3.5", "%pprint", "1")
    assert [each.source for each in plan.steps[3].prelude] == ["%pprint", "%pprint"]


def test_a_module_that_is_written_anew_is_refused_unless_the_kernel_takes_the_new_one():
    cells = ["%%writefile mine.py\na = 1", "import mine", "%%writefile mine.py\na = 2", "mine.a"]
    refused = Code.VALUE_CANNOT_CROSS
    assert refused in codes_of(plan_of(*cells))
    assert refused not in codes_of(plan_of("%load_ext autoreload\n%autoreload 2", *cells))


@pytest.mark.parametrize("asked", ["%kfp?", "?%kfp", "%%kfp?", "%timeit??"])
def test_help_on_a_magic_names_nothing(asked):
    assert codes_of(plan_of(asked)) == []


def test_help_on_a_magic_of_the_notebook_needs_it():
    defined = "from IPython.core.magic import register_line_magic\n"
    plan = plan_of(f"{defined}@register_line_magic\ndef lm(line): return line", "%lm?")
    assert any("def lm" in each.source for each in plan.steps[1].prelude)
