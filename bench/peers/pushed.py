"""How long it takes until a browser would know that a step has ended.

A real Jupyter server runs a chain of steps, each of which says its process id and waits; the end of
that process, as the system tells it, is compared with the message on the server's event socket.
"""

import asyncio
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from . import notebooks

_SCHEMA = "urn:jupyter-kfp-ext:run:v1"
_CELL = """\
import os
with open({said!r}, "w") as said:
    said.write(str(os.getpid()))
with open({go!r}) as go:
    go.read()
"""


def latency_ms(count: int, folder: Path) -> float:
    """Return the median milliseconds from a process's end to a client of the event socket."""
    pipes = [(folder / f"said{n}", folder / f"go{n}") for n in range(count)]
    for pair in pipes:
        for path in pair:
            os.mkfifo(path)
    raw = notebooks.chain(count)
    for cell, (said, go) in zip(raw["cells"], pipes, strict=True):
        cell["source"] = _CELL.format(said=str(said), go=str(go)) + cell["source"]
    (folder / "n.ipynb").write_text(json.dumps(raw))
    with _server(folder) as (address, token):
        return statistics.median(asyncio.run(_measure(address, token, pipes)))


async def _measure(address: str, token: str, pipes: list[tuple[Path, Path]]) -> list[float]:
    from tornado.httpclient import AsyncHTTPClient
    from tornado.websocket import websocket_connect

    stream = await websocket_connect(f"ws://{address}/api/events/subscribe?token={token}")
    await AsyncHTTPClient().fetch(
        f"http://{address}/jupyter-kfp-ext/runs?token={token}",
        method="POST",
        body=json.dumps({"path": "n.ipynb"}),
        headers={"Content-Type": "application/json"},
    )
    found = []
    for number, (said, go) in enumerate(pipes):
        ended = await _end(said, go)
        heard = await _heard(stream, f"s{number}")
        found.append((heard - await ended) * 1000)
    return found


async def _end(said: Path, go: Path) -> asyncio.Future[float]:
    """Let a step go on that says its process id; return what will be the time of its end."""
    loop = asyncio.get_running_loop()
    process = os.pidfd_open(int(await asyncio.to_thread(said.read_text)))
    ended: asyncio.Future[float] = loop.create_future()

    def note() -> None:
        loop.remove_reader(process)
        os.close(process)
        ended.set_result(time.perf_counter())

    loop.add_reader(process, note)
    await asyncio.to_thread(go.write_text, "")
    return ended


async def _heard(stream, task: str) -> float:
    """Return the time of the message that says that a step has ended."""
    while True:
        text = await stream.read_message()
        now = time.perf_counter()
        if text is None:
            raise SystemExit("the server closed its event socket")
        message = json.loads(text)
        if message["schema_id"] != _SCHEMA:
            continue
        states = {step["task"]: step["state"] for step in message["steps"]}
        if states.get(task) == "SUCCEEDED":
            return now
        if "FAILED" in states.values():
            raise SystemExit(f"a step failed: {message['run']['message']}")


@contextmanager
def _server(folder: Path):
    """Run a Jupyter server with our extension; yields its address and token."""
    token = secrets.token_hex(16)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"),
        f"--IdentityProvider.token={token}",
        "--ServerApp.jpserver_extensions={'jupyter_kfp_ext': True}",
    ]
    with open(folder / "server.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("the Jupyter server did not start") from None
                time.sleep(0.05)
        yield f"127.0.0.1:{port}", token
    finally:
        process.terminate()
        process.wait()
