"""Server configuration for the browser tests: everything in folders of its own, nothing kept.

Never use it for anything else: it opens the server to the world and gives pages access to the
application's objects.
"""

import os
import tempfile

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)

c.ServerApp.allow_root = True
c.ServerApp.port_retries = 0
c.LabApp.extension_manager = "readonly"
# Each test removes folders and kernels that are gone already; the server warns of each.
c.ServerApp.log_level = "ERROR"

# Where the notebooks are; a cell of a test waits there for a file that the test writes.
root = os.environ.setdefault("KFP_UI_TESTS_ROOT", tempfile.mkdtemp(prefix="kfp-ui-tests-"))
c.ServerApp.root_dir = root
os.environ.setdefault("JUPYTER_KFP_HOME", tempfile.mkdtemp(prefix="kfp-ui-tests-home-"))
# One test reads a log that is longer than what is kept of one.
os.environ.setdefault("JUPYTER_KFP_LOG_LIMIT", "0")
