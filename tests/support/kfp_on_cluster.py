"""Kubeflow Pipelines on a real Kubernetes: the stand-in, whose steps are pods there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from real_cluster import RealCluster

from jupyter_kfp_ext.engines.kfp.connection import Connection
from tests.standin.kube import Kube
from tests.standin.server import StandIn, stand_in

HOST = "KFP_TEST_HOST"
"""Names the address at which pods reach this machine."""
DEFAULT_HOST = "198.18.0.1"
STORE_KEY = "KFP_TEST_STORE_KEY"


@contextmanager
def kfp_on(real: RealCluster) -> Iterator[StandIn]:
    """Give a KFP whose steps run in a namespace of a real Kubernetes."""
    kube = Kube(Path(real.kubeconfig), real.namespace)
    with stand_in(kube=kube, host=os.environ.get(HOST, DEFAULT_HOST)) as server:
        yield server


def connection_to(server: StandIn, real: RealCluster, name: str = "lab") -> Connection:
    """Return a connection with all that there is; its store key is in `STORE_KEY`."""
    return Connection(
        name,
        server.url,
        namespace=real.namespace,
        kubeconfig=real.kubeconfig,
        store="minio://mlpipeline/helpers",
        store_url=f"{server.url}/s3",
        store_key=f"env:{STORE_KEY}",
    )
