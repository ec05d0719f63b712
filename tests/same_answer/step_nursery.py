"""Forks step processes from a bare interpreter, because starting one is most of a short step.

It reads a JSON line for each step (`argv`, `cwd`, `env`, `log`) from standard input, runs the step
runtime of the bundle that `env` names, as a step's command does, and writes the exit status.
"""

import json
import os
import sys


def serve():
    """Run a step for each request until the input ends."""
    while line := sys.stdin.readline():
        request = json.loads(line)
        child = os.fork()
        if not child:
            become_step(request)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become_step(request):
    """Make this process what a new interpreter would be, and run the step in it."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for descriptor, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, descriptor)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["-c", *request["argv"]]
    sys.path.insert(0, os.environ["KFP_STEP_CODE"])
    status = 1
    try:
        import kfp_step

        status = kfp_step.main(sys.argv[1:])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
