import pytest
from container_specs import Runs


@pytest.fixture(name="runs")
def runs_of_a_fresh_home(tmp_path):
    made = Runs(tmp_path / "home", tmp_path / "shared")
    yield made
    made.end_all()
