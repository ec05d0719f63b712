"""An HTTP server that answers as a test says, also wrongly: cut, slow, garbage."""

import json
import ssl
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer. `cut` closes the connection instead; `hold` waits for the test's end first."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hold: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedServer:
    """Gives the answers in their order, the last one for ever; keeps the requests."""

    def __init__(self, *answers: Answer, context: ssl.SSLContext | None = None) -> None:
        """Serve at once; with `context`, by TLS."""
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._answer, self.over))
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(answer: Callable[[Request], Answer], over: threading.Event) -> type:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command, self.path, dict(self.headers.items()), self.rfile.read(size)
            )
            given = answer(request)
            if given.hold:
                over.wait()
            if given.hold or given.cut:
                self.close_connection = True
                return
            plain = isinstance(given.body, (str, bytes))
            body = given.body if plain else json.dumps(given.body)
            data = body.encode() if isinstance(body, str) else body
            self.send_response(given.status)
            headers = {"Content-Type": "text/plain" if plain else "application/json"}
            for name, value in {**headers, **given.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_PUT = _serve  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


@contextmanager
def scripted(*answers: Answer, context: ssl.SSLContext | None = None):
    server = ScriptedServer(*answers, context=context)
    try:
        yield server
    finally:
        server.close()
