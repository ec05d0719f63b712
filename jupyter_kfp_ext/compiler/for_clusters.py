"""What clusters get of a compiled pipeline that this machine does not: pods shared, snapshots."""

from .compiled import CompiledPipeline
from .shared_pods import in_shared_pods
from .snapshots import with_snapshots


def for_clusters(compiled: CompiledPipeline) -> CompiledPipeline:
    """Return the pipeline with one task for steps that share a pod, and with its snapshots."""
    return with_snapshots(in_shared_pods(compiled))
