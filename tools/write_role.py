"""Writes docs/kfp-role.yaml: the least rights with which everything works on a cluster."""

import sys
from pathlib import Path

import yaml

from jupyter_kfp_ext.engines.kfp.rights import role_manifests

PAGE = Path(__file__).resolve().parents[1] / "docs" / "kfp-role.yaml"
HEAD = """\
# The rights in Kubernetes that jupyter-kfp-ext uses, and no others (python tools/write_role.py).
# Put the namespace of the runs for NAMESPACE, and bind the roles to whoever uses the connection.
# Without the first ClusterRole it is not checked before a run whether a node could hold its steps.
# The second one is optional: it lists the pods of all namespaces, to tell what GPUs are free now.
# What each right is needed for is in docs/kfp-engine.md.
"""


def text() -> str:
    manifests = role_manifests("NAMESPACE")
    return HEAD + yaml.safe_dump_all(manifests, sort_keys=False, explicit_start=True)


if __name__ == "__main__":
    PAGE.write_text(text())
    sys.exit(0)
