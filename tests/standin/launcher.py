"""KFP's launcher for the stand-in: runs in the pod, fetches inputs, runs the command, stores.

Standard library only, Python 3.9: it is mounted into the image of the step.
"""

import argparse
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request


def say(text, level="I", place="launcher_v2.go:100"):
    """Print a line as the launcher's log library does."""
    stamp = datetime.datetime.now().strftime("%m%d %H:%M:%S.%f")
    print(f"{level}{stamp}      17 {place}] {text}", flush=True)


class Store:
    """The object store and the record of executions, both in the stand-in."""

    def __init__(self, url, token):
        self.url, self.token = url, token

    def call(self, method, path, data=None):
        request = urllib.request.Request(self.url + urllib.parse.quote(path), data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.read()

    def fetch(self, uri, local):
        key = uri.split("://")[1]
        names = json.loads(self.call("GET", f"/launcher/list/{key}"))
        for name in names:
            path = local if name == "" else os.path.join(local, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(self.call("GET", f"/launcher/object/{key}{'/' if name else ''}{name}"))

    def send(self, local, uri):
        key = uri.split("://")[1]
        if os.path.isdir(local):
            for folder, _, names in os.walk(local):
                for name in names:
                    path = os.path.join(folder, name)
                    self.send_file(path, f"{key}/{os.path.relpath(path, local)}")
        elif os.path.exists(local):
            self.send_file(local, key)
        else:
            say(f"Local filepath {local!r} does not exist", "W")

    def send_file(self, path, key):
        with open(path, "rb") as file:
            self.call("PUT", f"/launcher/object/{key}", file.read())


def place(artifact):
    """Return where an artifact lies in the pod."""
    if artifact.get("customPath"):
        return artifact["customPath"]
    scheme, _, rest = artifact["uri"].partition("://")
    folder = "gcs" if scheme == "gs" else scheme
    return f"/{folder}/{rest}"


def filled(word, said):
    """Fill in the placeholders of an argument."""

    def value(found):
        what, key, path = found.groups()
        side, kind = what.split(".")
        if kind == "parameters" and side == "inputs":
            got = said["inputs"]["parameterValues"][key]
            return got if isinstance(got, str) else json.dumps(got)
        if kind == "parameters":
            return said["outputs"]["parameters"][key]["outputFile"]
        artifact = said[side]["artifacts"][key]["artifacts"][0]
        return place(artifact) if path == ".path" else artifact["uri"]

    word = word.replace("{{$}}", json.dumps(said, separators=(",", ":")))
    pattern = r"\{\{\$\.((?:inputs|outputs)\.(?:parameters|artifacts))\['([^']+)'\](\.\w+)?\}\}"
    return re.sub(pattern, value, word)


def run(words, log):
    """Run the command, its output into the pod's log and a file; return its exit code."""
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def end(*_):
        child.kill()
        os._exit(143)

    signal.signal(signal.SIGTERM, end)
    with open(log, "wb") as kept:
        while True:
            piece = os.read(child.stdout.fileno(), 1 << 16)
            if not piece:
                break
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            kept.write(piece)
    return child.wait()


def outputs(said):
    """Return what the program left: its output file, and the parameters' own files."""
    path = said["outputs"]["outputFile"]
    output = {}
    if os.path.exists(path):
        with open(path) as file:
            output = json.load(file)
    values = output.setdefault("parameterValues", {})
    for key, each in said["outputs"]["parameters"].items():
        if key in values:
            continue
        if not os.path.exists(each["outputFile"]):
            raise SystemExit(f"failed to read output parameter {key}")
        with open(each["outputFile"]) as file:
            text = file.read()
        try:
            values[key] = json.loads(text)
        except ValueError:
            values[key] = text
    told = output.get("artifacts", {})
    output["artifacts"] = {}
    for key, listed in said["outputs"]["artifacts"].items():
        changed = (told.get(key, {}).get("artifacts") or [{}])[0]
        named = {k: changed[k] for k in ("uri", "metadata", "customPath") if changed.get(k)}
        output["artifacts"][key] = {"artifacts": [{**listed["artifacts"][0], **named}]}
    return output


def main():
    before, after = sys.argv[1:], []
    at = before.index("--")
    before, after = before[:at], before[at + 1 :]
    parser = argparse.ArgumentParser()
    for name in ("executor_type", "pipeline_name", "run_id", "executor_input", "component_spec"):
        parser.add_argument(f"--{name}")
    for name in ("store", "token", "execution_id"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args(before)
    store = Store(arguments.store, arguments.token)
    said = json.loads(arguments.executor_input)
    say("Setting log level to: '1'", place="main.go:139")
    for listed in said["inputs"]["artifacts"].values():
        for artifact in listed["artifacts"]:
            store.fetch(artifact["uri"], place(artifact))
    for listed in said["outputs"]["artifacts"].values():
        for artifact in listed["artifacts"]:
            os.makedirs(os.path.dirname(place(artifact)), exist_ok=True)
    for each in (said["outputs"]["outputFile"], "/tmp/kfp/outputs/x"):
        os.makedirs(os.path.dirname(each), exist_ok=True)
    log = "/tmp/kfp_outputs/executor-logs"
    code = run([filled(each, said) for each in after], log)
    index = os.environ["KFP_RETRY_INDEX"]
    store.send(log, f"{arguments.execution_id}/executor-logs-{index}")
    if code:
        status = f"exit status {code}" if code > 0 else f"signal: {signal.Signals(-code).name}"
        words = {"signal: SIGKILL": "signal: killed"}.get(status, status)
        say(f"failed to execute component: {words}", "F", "main.go:60")
        sys.exit(1)
    output = outputs(said)
    say(f"ExecutorOutput: {json.dumps(output, indent=2)}")
    for listed in output["artifacts"].values():
        for artifact in listed["artifacts"]:
            store.send(place(artifact), artifact["uri"])
    store.call(
        "PUT",
        f"/launcher/execution/{arguments.execution_id.split('://')[1]}",
        json.dumps(output).encode(),
    )


main()
