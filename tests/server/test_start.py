"""What a server pays at start for having the extension installed."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys
import jupyter_server.serverapp
before = set(sys.modules)
import jupyter_kfp_ext
jupyter_kfp_ext._jupyter_server_extension_points()
import jupyter_kfp_ext.server.hub
from jupyter_kfp_ext.server.routes import routes
routes()
print(json.dumps(sorted(set(sys.modules) - before)))
"""

OF_THE_SERVER = {"jupyter_server.extension.application", "jupyter_server.extension.handler"}
"""What any extension that is told of the server's end needs; JupyterLab imports it as well."""


def test_only_our_own_thin_modules_are_imported(kfp_home):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    imported = json.loads(done.stdout)
    others = {name for name in imported if not name.startswith("jupyter_kfp_ext")}
    assert others <= OF_THE_SERVER
    layers = {name.split(".")[1] for name in imported if name.startswith("jupyter_kfp_ext.")}
    assert layers <= {"server", "errors", "edits", "_version"}
