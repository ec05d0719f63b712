"""The commands of a self-contained file, run as a pod would run them: nothing else is there."""

import json
import subprocess
import sys

from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.encoding import encode_parameters
from jupyter_kfp_ext.compiler.inline import inlined

PLAN = make_plan(
    step(
        "make",
        "from tools import double\nx = [double(n), größe, order]\nprint('made')\n",
        outputs=("x",),
        parameters=("n", "größe", "order", "absent"),
        modules=("tools",),
    ),
    step("show", "total = x[0]\nprint(x)\n", inputs=[("make", ("x",))], metrics=("total",)),
    parameters=[
        ("n", "int", 2),
        ("größe", "str", "$HOME ä {{x}}"),
        ("order", "dict", {"b": 1.0, "a": 2}),
        ("absent", "float", None),
    ],
)


def run_task(spec, task, folder, values, artifacts):
    """Run a task's command as the KFP launcher does; return its executor output and text."""
    component = spec["components"][f"comp-{task}"]
    container = spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
    outputs = component["outputDefinitions"]
    executor_input = {
        "inputs": {"parameterValues": values, "artifacts": artifacts},
        "outputs": {
            "parameters": {
                name: {"outputFile": str(folder / name)} for name in outputs.get("parameters", {})
            },
            "artifacts": {
                name: {"artifacts": [{"name": name, "uri": str(folder / name), "metadata": {}}]}
                for name in outputs["artifacts"]
            },
            "outputFile": str(folder / "output.json"),
        },
    }
    folder.mkdir()
    arguments = [
        json.dumps(executor_input) if each == "{{$}}" else each for each in container["args"]
    ]
    done = subprocess.run(
        [sys.executable, *container["command"][1:], *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "KFP_TERMINATION_LOG": str(folder / "termination-log")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "output.json").read_text()), done.stdout


def test_two_steps_hand_on_values_with_nothing_beside_the_spec(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "tools.py").write_text("def double(n):\n    return 2 * n\n")
    spec = inlined(compile_plan(PLAN, project)).spec
    declared = spec["root"]["inputDefinitions"]["parameters"]
    values = {
        key: each["defaultValue"] for key, each in declared.items() if "defaultValue" in each
    } | encode_parameters({"n": 21})
    _, text = run_task(spec, "make", tmp_path / "make", values, {})
    assert "made" in text
    taken = spec["root"]["dag"]["tasks"]["show"]["inputs"]["artifacts"]
    (key,) = taken
    slot = taken[key]["taskOutputArtifact"]["outputArtifactKey"]
    made = {"artifacts": [{"name": slot, "uri": str(tmp_path / "make" / slot), "metadata": {}}]}
    output, text = run_task(spec, "show", tmp_path / "show", {}, {key: made})
    assert "[42, '$HOME ä {{x}}', {'b': 1.0, 'a': 2}]" in text
    assert output["parameterValues"] == {"metric_total": 42.0}
