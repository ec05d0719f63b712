"""A home for the runs of the table, and an import path with what its last cells call."""

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


# Of a module, not of the session: the variables would be those of all tests that come after.
@pytest.fixture(scope="module")
def same_answer_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("kfp-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_KFP_HOME", str(home))
        patch.setenv("PYTHONPATH", f"{HERE.parents[1]}:{HERE / 'installed'}")
        # The order of a set of texts would differ between any two kernels.
        patch.setenv("PYTHONHASHSEED", "0")
        yield home
    shutil.rmtree(home, ignore_errors=True)
