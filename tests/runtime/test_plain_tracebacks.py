"""Tracebacks in an image without IPython: notes, groups and long recursions."""

import sys

import pytest

from jupyter_kfp_ext.runtime.step.traces import plain_traceback


def traceback_of(source):
    names = {"<cell>": 3}
    try:
        exec(compile(source, "<cell>", "exec"), {})
    except Exception as error:
        error.__traceback__ = error.__traceback__.tb_next
        return plain_traceback(error, names)
    raise AssertionError("it raises")


def test_an_endless_recursion_is_shortened():
    lines = traceback_of("def f(n):\n    return f(n + 1)\nf(0)")
    assert lines[2].startswith("Cell In[3], line 3")
    assert sum("frames more" in line for line in lines) == 1
    assert len(lines) < 30
    assert lines[-1].startswith("RecursionError: ")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes and groups came with Python 3.11")
def test_notes_and_the_members_of_a_group_are_shown():
    text = "\n".join(
        traceback_of(
            "member = ValueError('one')\nmember.add_note('a note')\n"
            "raise ExceptionGroup('both', [member, KeyError('two')])"
        )
    )
    assert "ExceptionGroup: both (2 sub-exceptions)" in text
    assert "| ValueError: one\n| a note" in text
    assert "| KeyError: 'two'" in text
