"""kfp.local of the kfp SDK. `python kfp_local.py best|default WHAT [ARGUMENTS]` prints seconds.

`WHAT` is a shape, or `cached`, or `processor` (ms of a step's process instead of seconds).
`best`: in the environment that is there, without installing kfp; `default`: as it comes.
"""

import json
import resource
import sys
import tempfile
import time

MAKE = {
    "numpy": "__import__('numpy').ones({size} // 8)",
    "pandas": "__import__('pandas').DataFrame(__import__('numpy').ones(({size} // 80, 10)))",
    "arrow": "__import__('pyarrow').table({{'a': __import__('numpy').ones({size} // 8)}})",
    "dict": "{{number: bytes(100) for number in range({size} // 100)}}",
}


def main(mode, what, *arguments):
    """Build a pipeline and run it; return the seconds of the run."""
    from kfp import dsl, local

    best = mode == "best"
    component = dsl.component(install_kfp_package=not best)

    @component
    def add(x: int) -> int:
        return x + 1

    @component
    def wait(x: int) -> int:
        import time

        time.sleep(2)
        return x

    @component
    def make(source: str, out: dsl.Output[dsl.Artifact]):
        import pickle

        with open(out.path, "wb") as file:
            pickle.dump(eval(source), file, protocol=5)  # noqa: S307 - our own text

    @component
    def take(given: dsl.Input[dsl.Artifact]):
        import pickle

        with open(given.path, "rb") as file:
            print(type(pickle.load(file)))  # noqa: S301 - our own value

    def chain():
        task = add(x=0)
        for _ in range(int(arguments[0]) - 1):
            task = add(x=task.output)

    def warm():
        add(x=-1)

    def fan_out():
        for number in range(5):
            wait(x=number)

    def loop():
        with dsl.ParallelFor([0, 1, 2, 3, 4], parallelism=5) as item:
            wait(x=item)

    def many():
        with dsl.ParallelFor(list(range(int(arguments[0]))), parallelism=8) as item:
            add(x=item)

    def passing():
        made = make(source=MAKE[arguments[0]].format(size=int(arguments[1])))
        take(given=made.outputs["out"])

    runner = local.SubprocessRunner(use_venv=False) if best else local.SubprocessRunner()
    shapes = {"chain": chain, "cached": chain, "processor": chain}
    shapes |= {"fan_out": fan_out, "loop": loop, "many": many, "passing": passing}
    with tempfile.TemporaryDirectory() as folder:
        local.init(runner=runner, pipeline_root=folder)
        if best:
            dsl.pipeline(warm)()
        pipeline = dsl.pipeline(shapes[what])
        if what == "cached":
            pipeline()
        start, before = time.perf_counter(), _processor()
        pipeline()
        if what == "processor":
            return (_processor() - before) * 1000 / int(arguments[0])
        return time.perf_counter() - start


def _processor():
    """Return the seconds of processor time that ended child processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    figure = main(*sys.argv[1:])
    print(json.dumps(figure))
