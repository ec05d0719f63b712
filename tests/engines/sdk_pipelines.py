"""Pipelines of the kfp SDK's own components, compiled by the SDK, for the local engine to run."""

import json
from typing import NamedTuple  # noqa: F401 - components name it

from kfp import compiler, dsl


def component(function):
    """Make a lightweight component that runs on the test's own interpreter, with its kfp."""
    return dsl.component(base_image="python:3.12", install_kfp_package=False)(function)


@component
def numbers(n: int) -> list:
    return list(range(n))


@component
def double(x: int, noise: float, out: dsl.Output[dsl.Dataset]) -> int:
    with open(out.path, "w") as file:
        file.write(f"file {x}")
    return 2 * x


@component
def gather(values: list[int], files: dsl.Input[list[dsl.Dataset]]) -> str:
    return f"{values} {[open(each.path).read() for each in files]}"


@component
def say(text: str):
    print("said", text)


@component
def fail(text: str):
    raise ValueError(text)


@component
def flip(side: str) -> str:
    return side


@component
def at_exit(who: str, status: dsl.PipelineTaskFinalStatus):
    print("exit of", who, status.pipeline_task_name, status.state)


@dsl.pipeline
def loops(n: int = 3):
    listed = numbers(n=n)
    with dsl.ParallelFor(listed.output, parallelism=2) as item:
        one = double(x=item, noise=0.5)
    both = gather(
        values=dsl.Collected(one.outputs["Output"]), files=dsl.Collected(one.outputs["out"])
    )
    say(text=both.output)
    with dsl.ParallelFor([{"a": "x", "b": "x"}, {"a": "z", "b": "y"}]) as pair:
        say(text=pair.b)


@dsl.pipeline
def conditions(side: str = "heads"):
    tossed = flip(side=side)
    with dsl.If(tossed.output == "heads"):
        one = flip(side="it was heads")
    with dsl.Elif(tossed.output == "tails"):
        two = flip(side="it was tails")
    with dsl.Else():
        three = flip(side="it was neither")
    say(text=dsl.OneOf(one.output, two.output, three.output))


@dsl.pipeline
def handled(works: bool = True):
    last = at_exit(who="me")
    with dsl.ExitHandler(last):
        with dsl.If(works == False):  # noqa: E712 - the SDK reads the comparison
            fail(text="on purpose")
        say(text="inside")


def spec_of(pipeline, folder):
    """Return what the SDK compiles a pipeline to."""
    import yaml

    path = folder / "pipeline.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    return json.loads(json.dumps(next(yaml.safe_load_all(path.read_text()))))
