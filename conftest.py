import pytest

pytest_plugins = ("pytest_jupyter.jupyter_server",)


@pytest.fixture
def jp_server_config(jp_server_config):
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_kfp_ext": True},
            # Test against a server which requires authentication on all endpoints
            "allow_unauthenticated_access": False,
            # Their WebSocket handler warns about that in each test.
            "terminals_enabled": False,
        }
    }
