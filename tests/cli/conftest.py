"""A cluster for the command line: the stand-in, as the connection `lab`."""

import pytest

from tests.standin.server import stand_in


@pytest.fixture
def standin(kfp, tmp_path):
    with stand_in() as server:
        config = server.kubeconfig(tmp_path)
        kfp("connections", "add", "lab", "--url", server.url, "--kubeconfig", config)
        yield server
