"""Further rows of what `kfp.local` 2.17 ignores or gets wrong: order, settings, caching."""

from kfp import dsl, kubernetes
from kfp_local_pipelines import forever, read, write
from sdk_pipelines import component, fail, say


@component
def meet(place: str, mine: int, others: int):
    """Come to a place, and stay until all others are there."""
    from pathlib import Path

    Path(place, str(mine)).mkdir()
    while len(list(Path(place).iterdir())) < others:
        pass


@component
def pages(html: dsl.Output[dsl.HTML], text: dsl.Output[dsl.Markdown]):
    with open(html.path, "w") as file:
        file.write("<b>hello</b>")
    with open(text.path, "w") as file:
        file.write("# hello")


@dsl.pipeline
def beside_each_other(place: str):
    for number in range(4):
        meet(place=place, mine=number, others=4)


@dsl.pipeline
def loop_of_four(place: str):
    with dsl.ParallelFor([0, 1, 2, 3], parallelism=4) as number:
        meet(place=place, mine=number, others=4)


@dsl.pipeline
def despite_a_failure():
    failed = fail(text="upstream")
    say(text="went on").after(failed).ignore_upstream_failure()


@dsl.pipeline
def shown():
    pages()


@dsl.pipeline
def timed():
    kubernetes.set_timeout(forever(), 1)


@dsl.pipeline
def with_settings():
    task = say(text="x")
    kubernetes.mount_pvc(task, pvc_name="c", mount_path="/d")
    kubernetes.use_secret_as_env(task, secret_name="s", secret_key_to_env={"k": "E"})
    kubernetes.use_secret_as_volume(task, secret_name="s", mount_path="/s")
    kubernetes.use_config_map_as_env(task, config_map_name="m", config_map_key_to_env={"k": "F"})
    kubernetes.use_config_map_as_volume(task, config_map_name="m", mount_path="/m")
    kubernetes.use_field_path_as_env(task, env_name="P", field_path="metadata.name")
    kubernetes.add_node_selector(task, "disk", "ssd")


@dsl.pipeline
def image_of_a_parameter(image: str = "python:3.12"):
    say(text="x").set_container_image(image)


@dsl.pipeline
def makes_a_claim():
    made = kubernetes.CreatePVC(
        pvc_name_suffix="-a", access_modes=["ReadWriteMany"], size="1Gi", storage_class_name=""
    )
    task = say(text="x")
    kubernetes.mount_pvc(task, pvc_name=made.outputs["name"], mount_path="/d")


@dsl.pipeline
def read_again():
    made = write(text="content").set_caching_options(False)
    say(text=read(file=made.outputs["out"]).output)
