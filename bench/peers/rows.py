"""The rows of the benchmark: which work, done by which tools, beside which floor."""

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from . import notebooks
from .environments import MissingError
from .tools import Tools, bare, raw_write

OWN = "this project"
BARE = "bare Python"
KFP, KFP_PLAIN = "kfp.local (best)", "kfp.local (as it comes)"
KERNEL, ELYRA = "nbclient, one kernel", "Elyra (its command)"
_SIZES = {"1 kB": 1_000, "10 MB": 10_000_000, "1 GB": 1_000_000_000}
_TURNS = 3
"""Where order counts: memory and disk that nobody has used yet are slow, in a virtual machine more
so, and whoever is measured first would pay for all."""
_MUCH = 10**8
"""Bytes of a dict of small objects for which the memory of most machines is not enough."""


@dataclass
class Row:
    """One kind of work, and what it took each tool."""

    title: str
    floor: str
    """The tool that the ratios refer to: it does the least that the work needs."""
    tools: dict[str, Callable[[], float]]
    unit: str = "s"
    turns: int = 1
    """How often all tools have their turn; the best figure of each counts."""
    figures: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    """Why a tool has no figure."""

    def measure(self) -> None:
        """Run all tools, one after another."""
        for name, call in [*self.tools.items()] * self.turns:
            if name in self.missing:
                continue
            print(f"{self.title}: {name} ...", file=sys.stderr, flush=True)
            try:
                self.figures[name] = min(self.figures.get(name, math.inf), call())
            except MissingError as error:
                self.missing[name] = str(error)


def rows(tools: Tools) -> Iterator[Row]:
    """Yield all rows; nothing is measured yet."""
    yield from _compiling(tools)
    yield from _trivial_steps(tools)
    yield from _beside_each_other(tools)
    yield from _passing(tools)
    yield from _server(tools)
    yield from _growing(tools)


def _compiling(tools: Tools) -> Iterator[Row]:
    for count in (5, 50, 200, 1000):
        each = {OWN: lambda n=count: tools.compile(n), "Kale": lambda n=count: tools.kale(n)}
        yield Row(f"compile {count} cells, process start included", OWN, each)
    for title, again in (("first", "0"), ("again, unchanged", "1")):
        yield Row(
            f"compile beside 2,000 modules that the notebook needs, {title}",
            OWN,
            {OWN: lambda a=again: tools.own("project", "2000", a)},
        )


def _trivial_steps(tools: Tools) -> Iterator[Row]:
    yield Row(
        "a run of one trivial step",
        BARE,
        {
            BARE: lambda: bare(1),
            OWN: lambda: tools.own("shape", "chain", "1"),
            KFP: lambda: tools.kfp("best", "chain", "1"),
            KFP_PLAIN: lambda: tools.kfp("default", "chain", "1"),
            ELYRA: lambda: tools.elyra(1),
            KERNEL: lambda: tools.kernel(notebooks.chain(1)),
            "papermill (its command)": lambda: tools.papermill(notebooks.chain(1)),
        },
    )
    yield Row(
        "a chain of three trivial steps",
        OWN,
        {
            OWN: lambda: tools.own("shape", "chain", "3"),
            KFP: lambda: tools.kfp("best", "chain", "3"),
            ELYRA: lambda: tools.elyra(3),
        },
    )
    yield Row(
        "a chain of 50 trivial steps",
        BARE,
        {
            BARE: lambda: bare(50),
            OWN: lambda: tools.own("shape", "chain", "50"),
            KFP: lambda: tools.kfp("best", "chain", "50"),
            KERNEL: lambda: tools.kernel(notebooks.chain(50)),
        },
    )
    yield Row(
        "a chain of 50 trivial steps again, all cached",
        OWN,
        {
            OWN: lambda: tools.own("cached", "50"),
            KFP: lambda: tools.kfp("best", "cached", "50"),
        },
    )
    yield Row(
        "ten steps that import pandas",
        OWN,
        {
            OWN: lambda: tools.own("shape", "importing", "10"),
            f"{OWN} (warm parent)": lambda: tools.own("warm", "importing", "10"),
        },
    )
    yield Row(
        "processor time of a trivial step's process",
        BARE,
        {
            BARE: lambda: tools.processor(50)[0],
            OWN: lambda: tools.processor(50)[1],
            KFP: lambda: tools.kfp("best", "processor", "50"),
        },
        "ms",
        _TURNS,
    )


def _beside_each_other(tools: Tools) -> Iterator[Row]:
    yield Row(
        "five steps of 2 s beside each other",
        OWN,
        {
            OWN: lambda: tools.own("shape", "fan_out"),
            KFP: lambda: tools.kfp("best", "fan_out"),
            KERNEL: lambda: tools.kernel(notebooks.fan_out()),
        },
    )
    yield Row(
        "a loop over five items of 2 s",
        OWN,
        {
            OWN: lambda: tools.own("shape", "loop"),
            KFP: lambda: tools.kfp("best", "loop"),
        },
    )
    yield Row(
        "a loop over 1,000 trivial items",
        BARE,
        {
            BARE: lambda: bare(1000),
            OWN: lambda: tools.own("shape", "many", "1000"),
            KFP: lambda: tools.kfp("best", "many", "1000"),
        },
    )


def _passing(tools: Tools) -> Iterator[Row]:
    for kind in notebooks.MAKE:
        for label, size in _SIZES.items():
            if kind == "dict" and size > _MUCH:
                continue
            yield Row(
                f"make and pass on {label} ({kind}), two steps",
                OWN,
                {
                    "raw write and read": lambda n=size: raw_write(n),
                    OWN: lambda k=kind, n=size: tools.own("shape", "passing", k, str(n)),
                    KFP: lambda k=kind, n=size: tools.kfp("best", "passing", k, str(n)),
                },
                turns=_TURNS,
            )


def _server(tools: Tools) -> Iterator[Row]:
    modules = {
        OWN: ("", "jupyter_kfp_ext.server.extension"),
        "Elyra": ("elyra", "elyra.elyra_app"),
        "Kale (its server extension)": ("kale", "jupyterlab_kubeflow_kale"),
        "Kale (what its panel calls, in a kernel)": ("kale", "kale.rpc.run"),
    }
    for what, unit, place in (("time", "s", 0), ("memory", "MB", 1)):
        each = {
            name: lambda found=found, p=place: tools.imported(*found, p)
            for name, found in modules.items()
        }
        yield Row(f"server extension: {what} that its import adds", OWN, each, unit)
    yield Row("list 20 of 10,000 runs", OWN, {OWN: lambda: tools.own("listing", "10000")}, "ms")
    yield Row(
        "from the end of a step's process to a client of the server's event socket",
        OWN,
        {OWN: lambda: tools.own("pushed", "10")},
        "ms",
    )


def _growing(tools: Tools) -> Iterator[Row]:
    for count in (10, 1000):
        yield Row(
            f"runner: peak memory, a loop of {count:,} items",
            OWN,
            {OWN: lambda n=count: tools.own("runner_memory", str(n))},
            "MB",
        )
