"""Where a step finds the bundle on a cluster: an immutable ConfigMap named by its hash."""

import base64
from typing import Any

from .parts import CODE_FOLDER
from .volumes import config_map_mount

BUNDLE_KEY = "code.zip"
"""The one key of the ConfigMap."""
BUNDLE_PATH = f"{CODE_FOLDER}/{BUNDLE_KEY}"
LABELS = {"app.kubernetes.io/managed-by": "jupyter-kfp-ext"}
"""Labels of whatever this extension makes in a cluster."""
RUN = "jupyter-kfp-ext/run"
"""The label of what is made for one run: KFP's id of it."""
CONFIG_MAP_LIMIT = 2**20
"""Bytes that Kubernetes allows in a ConfigMap, values and keys together."""


def config_map_name(bundle_hash: str) -> str:
    """Return the name of the ConfigMap that holds a bundle."""
    return f"kfp-code-{bundle_hash[:16]}"


def bundle_mount(bundle_hash: str) -> dict[str, Any]:
    """Return the platform spec's mount of the bundle."""
    return config_map_mount(config_map_name(bundle_hash), CODE_FOLDER)


def config_map(bundle: bytes, bundle_hash: str) -> dict[str, Any]:
    """Return the manifest of the ConfigMap.

    It is immutable: a bundle never changes under its name, and the kubelet need not watch it.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": config_map_name(bundle_hash),
            "labels": {
                **LABELS,
                "jupyter-kfp-ext/bundle": bundle_hash[:32],
            },
        },
        "immutable": True,
        "binaryData": {BUNDLE_KEY: base64.b64encode(bundle).decode("ascii")},
    }
