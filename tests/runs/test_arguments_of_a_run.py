"""The options of a run are those that the notation knows."""

from jupyter_kfp_ext.notation import split
from jupyter_kfp_ext.runs import arguments


def test_the_ways_to_cut_are_the_notations():
    assert arguments.SPLITS == split.SPLITS
