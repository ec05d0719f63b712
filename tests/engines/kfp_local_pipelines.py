"""A pipeline of the kfp SDK for each row in which `kfp.local` 2.17 fails, or only just works."""

from typing import NamedTuple

from kfp import dsl
from sdk_pipelines import at_exit, component, fail, flip, say


@component
def add_one(n: int) -> int:
    assert type(n) is int, type(n)
    return n + 1


@component
def total(values: list[int]) -> int:
    assert all(type(each) is int for each in values), values
    return sum(values)


@component
def make_list() -> list[int]:
    return [1, 2, 3]


@component
def struct() -> dict:
    return {"n": 1, "deep": [{"x": 2, "y": 2.5}]}


@component
def read_struct(data: dict) -> str:
    return repr(data)


@component
def write(text: str, out: dsl.Output[dsl.Dataset]):
    out.metadata["said"] = text
    with open(out.path, "w") as file:
        file.write(text)


@component
def read(file: dsl.Input[dsl.Dataset]) -> str:
    with open(file.path) as opened:
        return f"{opened.read()} {file.metadata.get('said', '')}"


@component
def read_all(files: dsl.Input[list[dsl.Dataset]]) -> str:
    return " ".join(open(each.path).read() for each in files)


@component
def read_one(file: dsl.Input[dsl.Artifact]) -> str:
    with open(file.path) as opened:
        return opened.read()


@component
def pair(n: int) -> NamedTuple("Pair", [("half", float), ("text", str)]):
    from collections import namedtuple

    return namedtuple("Pair", "half text")(n / 2, f"n={n}")


@component
def length(text: str) -> int:
    return len(text)


@component
def fail_once(marker: str) -> str:
    from pathlib import Path

    if not Path(marker).exists():
        Path(marker).touch()
        raise ValueError("the first time")
    return "the second time"


@component
def forever():
    import signal

    signal.pause()


@component
def log_metric(metrics: dsl.Output[dsl.Metrics]):
    metrics.log_metric("accuracy", 0.5)


@component
def put(place: str):
    with open(f"{place}/left", "a") as file:
        file.write("x")


@component
def look(place: str) -> str:
    with open(f"{place}/left") as file:
        return file.read()


@dsl.container_component
def shell(text: str, out: dsl.OutputPath(str)):
    return dsl.ContainerSpec(
        image="alpine", command=["sh", "-c", 'printf "%s" "shell $0" > "$1"'], args=[text, out]
    )


@dsl.container_component
def entrypoint_of_the_image():
    return dsl.ContainerSpec(image="alpine")


@dsl.container_component
def other_program():
    return dsl.ContainerSpec(image="gcr.io/tool", command=["/opt/tool/bin/only-in-the-image"])


@dsl.pipeline
def ints_in_lists():
    with dsl.ParallelFor([1, 2, 3]) as item:
        one = add_one(n=item)
    say(text=f"{total(values=dsl.Collected(one.output)).output}")
    say(text=f"{total(values=make_list().output).output}")
    with dsl.ParallelFor([1, 2]), dsl.ParallelFor([10, 20]) as inner:
        two = add_one(n=inner)
    say(text=f"{total(values=dsl.Collected(two.output)).output}")
    say(text=read_struct(data=struct().output).output)


@dsl.pipeline
def one_of_artifacts(side: str = "left"):
    with dsl.If(side == "left"):
        one = write(text="from left")
    with dsl.Else():
        two = write(text="from right")
    say(text=read(file=dsl.OneOf(one.outputs["out"], two.outputs["out"])).output)


@dsl.pipeline
def quotes(text: str = "it's"):
    with dsl.If(text == 'say "it"'):
        say(text="equal")
    with dsl.Else():
        say(text="other")


@dsl.pipeline
def branches():
    fail(text="on purpose").set_display_name("fails")
    first = flip(side="goes on")
    say(text=first.output)
    last = say(text="whatever")
    last.after(fail(text="again"))
    last.ignore_upstream_failure()


@dsl.pipeline(
    pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi"))
    if hasattr(dsl, "WorkspaceConfig")
    else None
)
def workspace():
    place = dsl.WORKSPACE_PATH_PLACEHOLDER
    written = put(place=place)
    again = put(place=place).after(written)
    say(text=look(place=place).after(again).output)


@dsl.pipeline
def placeholders():
    name, id_ = dsl.PIPELINE_JOB_NAME_PLACEHOLDER, dsl.PIPELINE_JOB_ID_PLACEHOLDER
    say(text=f"{name} {id_} {dsl.PIPELINE_JOB_CREATE_TIME_UTC_PLACEHOLDER}")
    task, time = dsl.PIPELINE_TASK_NAME_PLACEHOLDER, dsl.PIPELINE_JOB_SCHEDULE_TIME_UTC_PLACEHOLDER
    say(text=f"{task} {time}")


@dsl.pipeline
def long_values(text: str):
    say(text=f"{length(text=text).output}")


@dsl.pipeline
def tried_again(marker: str):
    say(text=fail_once(marker=marker).set_retry(2, backoff_duration="0s").output)


@dsl.pipeline
def importing(uri: str):
    imported = dsl.importer(artifact_uri=uri, artifact_class=dsl.Artifact)
    say(text=read_one(file=imported.output).output)


@dsl.pipeline
def collected_artifacts():
    with dsl.ParallelFor(["a", "b"]) as item:
        made = write(text=item)
    say(text=read_all(files=dsl.Collected(made.outputs["out"])).output)


@dsl.pipeline
def written() -> list[dsl.Dataset]:
    with dsl.ParallelFor(["a", "b"]) as item:
        made = write(text=item)
    return dsl.Collected(made.outputs["out"])


@dsl.pipeline
def loop_over_artifacts():
    with dsl.ParallelFor(written().output, parallelism=1) as file:
        say(text=read(file=file).output)


@dsl.pipeline
def inner(n: int) -> int:
    return add_one(n=n).output


@dsl.component(base_image="python:3.11", install_kfp_package=False, embedded_artifact_path=__file__)
def read_embedded(file: dsl.EmbeddedInput[dsl.Artifact]) -> str:
    with open(file.path) as opened:
        return opened.readline()


@dsl.pipeline
def embedded():
    say(text=read_embedded().output)


@dsl.pipeline
def nested(n: int = 3):
    say(text=f"{add_one(n=inner(n=n).output).output}")


@dsl.pipeline
def several_outputs():
    both = pair(n=5)
    say(text=f"{both.outputs['half']} {both.outputs['text']}")


@dsl.pipeline
def with_metrics():
    log_metric()


@dsl.pipeline
def handled_with_failure():
    with dsl.ExitHandler(at_exit(who="me")):
        fail(text="inside")


@dsl.pipeline
def set_by_environment():
    shown = shell(text="hello")
    say(text=shown.outputs["out"])


@dsl.pipeline
def needs_its_image():
    entrypoint_of_the_image()


@dsl.pipeline
def needs_a_program():
    other_program()


@dsl.pipeline
def in_time():
    forever().set_display_name("hangs")


@dsl.pipeline
def much_too_large():
    say(text="x").set_memory_request("900Ti")
