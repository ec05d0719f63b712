"""What processes took of the machine, added up to what a step took."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .suggest import suggested_requests


@dataclass(frozen=True)
class Used:
    """When a process ended (seconds since the epoch), and what it took."""

    ended: float
    peak: int = 0
    """Bytes of memory of all its processes together."""
    cpu: float = 0.0
    """Seconds of processor."""
    seconds: float = 0.0
    """How long it ran."""
    cores: float = 0.0
    """Processors that it kept busy on average."""
    gpu: int | None = None
    """Bytes of memory of its GPUs; None where it had none, or nobody tells."""
    bytes_in: int = 0
    """Bytes of the artifacts that it was given."""
    bytes_out: int = 0
    """Bytes of the artifacts that it left."""

    def beside(self, other: "Used") -> "Used":
        """Return what both took, where they are processes of one step: `other` ended later."""
        gpus = [each for each in (self.gpu, other.gpu) if each is not None]
        return Used(
            ended=other.ended,
            peak=max(self.peak, other.peak),
            cpu=self.cpu + other.cpu,
            seconds=max(self.seconds, other.seconds),
            cores=max(self.cores, other.cores),
            gpu=max(gpus, default=None),
            bytes_in=self.bytes_in + other.bytes_in,
            bytes_out=self.bytes_out + other.bytes_out,
        )

    def fields(self, requests: Mapping[str, str]) -> dict[str, Any]:
        """Return the fields of `StepStatus` that tell it, for a step that asked for `requests`."""
        return {
            "peak_memory_bytes": self.peak or None,
            "cpu_seconds": self.cpu,
            "gpu_memory_bytes": self.gpu,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "suggested": suggested_requests(requests, self.peak, self.cores, self.seconds),
        }
