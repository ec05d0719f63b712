"""The table of what steps took, as `show` prints it."""

from jupyter_kfp_ext.cli.profile import profile_lines
from jupyter_kfp_ext.engines.model import RunStatus, State, StepStatus


def step(name, started, ended, **more):
    state = State.SUCCEEDED if ended else State.RUNNING
    return StepStatus(name, name, name, (), (), state, started, ended, **more)


def run(*steps):
    return RunStatus("r", "p", None, "local", State.SUCCEEDED, 0.0, 1, steps=steps)


def test_each_step_has_its_place_on_the_time_line():
    lines = list(
        profile_lines(
            run(
                step("a", 10.0, 14.0, peak_memory_bytes=1181116006, cpu_seconds=3.5, bytes_out=70),
                step("later", 14.0, 18.0, bytes_in=70, peak_memory_bytes=900),
                StepStatus("never", "never", "never", (), ()),
            )
        )
    )
    assert lines[0].split() == ["memory", "CPU", "s", "in", "out"]
    assert lines[1].split() == ["a", "1.1", "GiB", "3.50", "70", "B", f"|{'=' * 16}", "|"]
    assert lines[2].startswith("later")
    assert lines[2].endswith(f"|{' ' * 16}{'=' * 16}|")
    assert len(lines) == 3
    assert len({line.index("|") for line in lines[1:]}) == 1


def test_better_requests_are_said_with_why():
    asked = {"memory": "8Gi", "cpu": "4"}
    better = {"memory": "1.5Gi", "cpu": "1", "gpu": "0"}
    one = step(
        "a",
        0.0,
        10.0,
        requests=asked,
        cpu_seconds=9.0,
        peak_memory_bytes=1181116006,
        suggested={name: better[name] for name in asked},
    )
    two = step("b", 0.0, 10.0, peak_memory_bytes=2**30, suggested={"memory": "1.5Gi"})
    assert list(profile_lines(run(one, two)))[3:] == [
        "a: asked for memory 8Gi, used 1.1 GiB: 1.5Gi would do",
        "a: asked for CPUs 4, used 0.9: 1 would do",
        "b: asked for no memory, used 1 GiB: 1.5Gi would do",
    ]


def test_a_gpu_has_a_column_where_one_was_measured():
    lines = list(profile_lines(run(step("a", 0.0, 0.0 + 1, gpu_memory_bytes=3 * 2**30))))
    assert lines[0].endswith("GPU")
    assert "3 GiB" in lines[1]


def test_what_did_not_run_takes_nothing():
    cached = step("a", 1.0, 1.0, cached=True)
    assert list(profile_lines(run(cached))) == []
