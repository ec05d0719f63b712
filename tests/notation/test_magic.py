"""The `%%component` line: read, refused with reasons, and written again."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.magic import (
    component_line,
    misplaced_magic,
    parse_component_line,
    runnable,
    split_magic,
)
from jupyter_kfp_ext.notation.options import (
    NodeExpression,
    Retries,
    Scratch,
    SecretEnv,
    Security,
    StepOptions,
    Toleration,
    Volume,
)
from jupyter_kfp_ext.notation.schema import specs


@pytest.mark.parametrize(
    ("line", "name", "options"),
    [
        ("train", "train", {}),
        ("'train model'", "train model", {}),
        ("train --gpu 1 --memory 8Gi", "train", {"gpu": 1, "memory": "8Gi"}),
        ("--gpu 1 train", "train", {"gpu": 1}),
        ("train --gpu=1", "train", {"gpu": 1}),
        ("t --after clean", "t", {"after": ("clean",)}),
        ("t --after a,b", "t", {"after": ("a", "b")}),
        ("t --after a --after 'b c'", "t", {"after": ("a", "b c")}),
        ("""t --after '["a,b"]'""", "t", {"after": ("a,b",)}),
        ("t --packages 'numpy>=1.26,<3,pandas'", "t", {"packages": ("numpy>=1.26,<3", "pandas")}),
        ("t --package 'ray[data,tune]==2.9'", "t", {"packages": ("ray[data,tune]==2.9",)}),
        ("t --env A=1 --env B=x=y,z", "t", {"env": {"A": "1", "B": "x=y,z"}}),
        ("t --env A=", "t", {"env": {"A": ""}}),
        ("""t --env '{"A": "1"}'""", "t", {"env": {"A": "1"}}),
        ("t --label team=vision", "t", {"labels": {"team": "vision"}}),
        ("t --cache", "t", {"cache": True}),
        ("t --no-cache", "t", {"cache": False}),
        ("t --cache=false", "t", {"cache": False}),
        ("t --on-exit", "t", {"on_exit": True}),
        ("t --retries 3", "t", {"retries": Retries(count=3)}),
        (
            "t --retries count=3,backoff=10s,backoff-factor=1.5",
            "t",
            {"retries": Retries(count=3, backoff="10s", backoff_factor=1.5)},
        ),
        (
            "t --volume claim=data,path=/data",
            "t",
            {"volumes": (Volume(claim="data", path="/data"),)},
        ),
        (
            "t --volume claim=a,path=/a,sub-path=x,read-only --volume claim=b,path=/b",
            "t",
            {
                "volumes": (
                    Volume(claim="a", path="/a", sub_path="x", read_only=True),
                    Volume(claim="b", path="/b"),
                )
            },
        ),
        (
            "t --affinity key=zone,values=a,b,operator=NotIn",
            "t",
            {"affinity": (NodeExpression(key="zone", operator="NotIn", values=("a", "b")),)},
        ),
        ("t --scratch /tmp/x", "t", {"scratch": (Scratch(path="/tmp/x"),)}),
        ("t --security run-as-user=1000", "t", {"security": Security(run_as_user=1000)}),
        ("t --for-each 'lr in [0.1, 0.01]'", "t", {"for_each": "lr in [0.1, 0.01]"}),
        ("t --when='-x > 3'", "t", {"when": "-x > 3"}),
        ("größe --memory-limit 1.5Gi", "größe", {"memory_limit": "1.5Gi"}),
    ],
)
def test_reads(line, name, options):
    said = parse_component_line(line)
    assert said.problems == ()
    assert (said.name, said.options) == (name, StepOptions(**options))


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("", Code.MARK_INVALID, "names no step"),
        ("--gpu 1", Code.MARK_INVALID, "names no step"),
        ("train model", Code.MARK_INVALID, "more than one step"),
        ("'train", Code.MARK_INVALID, "quotation"),
        ("t --gpus 1", Code.OPTION_UNKNOWN, "`--gpus`"),
        ("t --memroy 8Gi --gpu 1", Code.OPTION_UNKNOWN, "`--memroy`"),
        ("t --gpu", Code.OPTION_INVALID, "no value"),
        ("t --gpu --cache", Code.OPTION_INVALID, "no value"),
        ("t --gpu one", Code.OPTION_INVALID, "whole number"),
        ("t --memory 8", Code.OPTION_INVALID, "size with its unit"),
        ("t --cache=maybe", Code.OPTION_INVALID, "true or false"),
        ("t --env A", Code.OPTION_INVALID, "NAME=VALUE"),
        ("t --env =1", Code.OPTION_INVALID, "NAME=VALUE"),
        ("t --env '{oops'", Code.OPTION_INVALID, "not valid JSON"),
        ("t --after '[1'", Code.OPTION_INVALID, "not valid JSON"),
        ("t --volume '[{}'", Code.OPTION_INVALID, "not valid JSON"),
        ("t --volume data", Code.OPTION_INVALID, "claim=..."),
        ("t --volume claim=a,claim=b,path=/x", Code.OPTION_INVALID, "twice"),
        ("t --volume claim=a,pth=/x", Code.OPTION_UNKNOWN, "`pth`"),
        ("t --volume claim=a", Code.OPTION_INVALID, "`path`"),
        ("t --gpu 1 --gpu 2", Code.OPTION_CONFLICT, "2 times"),
        ("t --cache --no-cache", Code.OPTION_CONFLICT, "2 times"),
        ("t --env A=1 --env A=2", Code.OPTION_CONFLICT, "two different values"),
    ],
)
def test_refuses(line, code, said):
    (problem,) = parse_component_line(line).problems
    assert problem.code is code
    assert said in problem.message
    assert problem.remedy
    assert problem.line == 1


def test_the_same_twice_is_no_contradiction():
    assert parse_component_line("t --gpu 1 --gpu 1 --env A=1 --env A=1").problems == ()


def test_an_unknown_flag_is_named_as_metadata_would_name_it():
    (problem,) = parse_component_line("t --gpu-count 1").problems
    assert problem.option == "gpu_count"


def test_a_suggestion_is_spelled_as_a_flag():
    (problem,) = parse_component_line("t --mem 8Gi").problems
    assert problem.remedy.startswith("Did you mean")
    assert "`--memory`" in problem.remedy.partition("?")[0]
    assert "--cpu-limit" in problem.remedy


@pytest.mark.parametrize("spec", specs(StepOptions).values(), ids=lambda spec: spec.name)
def test_the_example_in_a_message_is_accepted(spec):
    options = msgspec.convert({spec.name: spec.example}, StepOptions)
    said = parse_component_line(component_line("t", options).removeprefix("%%component"))
    assert (said.options, said.problems) == (options, ())


_WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12
).filter(str.strip)
_QUANTITY = st.from_regex(r"[0-9]{1,3}(Mi|Gi)", fullmatch=True)
_MAP = st.dictionaries(
    _WORD, st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
)
_OPTIONS = st.builds(
    StepOptions,
    after=st.lists(_WORD).map(tuple),
    packages=st.lists(_WORD).map(tuple),
    cpu=st.none() | st.from_regex(r"[0-9]{1,3}m?", fullmatch=True),
    memory=st.none() | _QUANTITY,
    gpu=st.none() | st.integers(0, 9),
    image=st.none() | _WORD,
    when=st.none() | _WORD,
    cache=st.none() | st.booleans(),
    env=_MAP,
    labels=_MAP,
    retries=st.none() | st.builds(Retries, count=st.integers(0, 9), backoff_factor=st.floats(1, 9)),
    volumes=st.lists(
        st.builds(Volume, claim=_WORD, path=_WORD, sub_path=_WORD, read_only=st.booleans())
    ).map(tuple),
    secret_env=st.lists(st.builds(SecretEnv, name=_WORD, secret=_WORD, key=_WORD)).map(tuple),
    affinity=st.lists(
        st.builds(
            NodeExpression,
            key=_WORD,
            values=st.lists(_WORD).map(tuple),
            weight=st.none() | st.integers(1, 100),
        )
    ).map(tuple),
    tolerations=st.lists(
        st.builds(Toleration, key=_WORD, seconds=st.none() | st.integers(0, 9))
    ).map(tuple),
)


@given(_WORD.filter(lambda name: not name.startswith("-")), _OPTIONS)
def test_what_is_written_reads_as_the_same(name, options):
    line = component_line(name, options)
    assert "\n" not in line
    said = parse_component_line(line.removeprefix("%%component"))
    assert said.problems == ()
    assert (said.name, said.options) == (name, options)


def test_the_short_form_is_written_where_it_can_be():
    options = StepOptions(
        after=("clean",),
        gpu=1,
        cache=False,
        env={"A": "1"},
        volumes=(Volume(claim="data", path="/data", read_only=True),),
    )
    assert component_line("train", options) == (
        "%%component train --after clean --no-cache --gpu 1 --env A=1 "
        "--volume claim=data,path=/data,read_only=true"
    )


def test_a_line_break_cannot_be_written():
    with pytest.raises(KfpExtError) as caught:
        component_line("t", StepOptions(description="one\ntwo"))
    assert caught.value.code is Code.OPTION_INVALID


@pytest.mark.parametrize(
    ("source", "rest", "line", "body"),
    [
        ("%%component t\nx = 1", "t", 1, "\nx = 1"),
        ("\n  \n%%component t --gpu 1\nx", "t --gpu 1", 3, "\n  \n\nx"),
        ("%%component t", "t", 1, ""),
        ("%%component", "", 1, ""),
        ("%%component\tt \n", "t", 1, "\n"),
        ("%%component t\n%%time\nx", "t", 1, "\n%%time\nx"),
    ],
)
def test_finds_the_line(source, rest, line, body):
    magic = split_magic(source)
    assert (magic.rest, magic.line, magic.body) == (rest, line, body)
    assert magic.body.count("\n") == source.count("\n")


@pytest.mark.parametrize(
    "source", ["", "x = 1", "%%components t", "%%time\n%%component t", "# %%component t"]
)
def test_finds_no_line(source):
    assert split_magic(source) is None


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import os\n%%component t", 2),
        ("# note\n\n%%component t\nx", 3),
        ("%%component a\nx = 1\n%%component b", 3),
        ("%%component a\n%%component b", 2),
        ('text = """\n%%component t\n"""', None),
        ("%%writefile a.py\n%%component t", None),
        ("%%time\n\n%%component t\nx", 3),
        ("%%time\nx = 1\n%%component t", None),
        ("%%component t\nx = 1", None),
        ("x = 1", None),
    ],
)
def test_a_magic_that_is_not_the_first_line(source, line):
    assert misplaced_magic(source) == line


def test_a_value_after_a_flag_is_named():
    [problem] = parse_component_line("train --cache false").problems
    assert "`--no-cache`" in problem.remedy
    [problem] = parse_component_line("train model --gpu 1").problems
    assert "No value" not in problem.remedy


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        ("x = 1", "x = 1"),
        ("%%component a\nx = 1", "\nx = 1"),
        ("%load_ext jupyter_kfp_ext\nimport os", "\nimport os"),
        ("%reload_ext jupyter_kfp_ext  # again\n%load_ext other", "\n%load_ext other"),
        ("\n%%component a\n%load_ext jupyter_kfp_ext\nx", "\n\n\nx"),
        ("%%kfp remote --gpu 1\ny = 2", "\ny = 2"),
        ("%kfp run --wait\nx = 1", "\nx = 1"),
        ("if x:\n    %kfp runs\n%time y", "if x:\n    pass\n%time y"),
        # A text is not a magic, nor is what only begins like one.
        ("s = '''\n%kfp run\n'''", "s = '''\n%kfp run\n'''"),
        ("%kfpx run\n%load_ext jupyter_kfp_ext_more", "%kfpx run\n%load_ext jupyter_kfp_ext_more"),
        ("%%time\nx = 1", "%%time\nx = 1"),
    ],
)
def test_a_step_runs_a_cell_without_what_our_magics_say_to_a_kernel(source, runs):
    assert runnable(source) == runs
