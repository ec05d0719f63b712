"""The port of the stand-in: it can refuse connections for a while, and stays ours meanwhile."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_port = True
    request_queue_size = 128


class Port:
    """Serves until it is closed; while it refuses, connections that are open go on."""

    def __init__(self, host: str, handler: type[BaseHTTPRequestHandler]) -> None:
        self._handler = handler
        # Bound and never listened at: nobody else gets the port while nobody listens.
        self._kept = socket.socket()
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._kept.bind((host, 0))
        self.address: tuple[str, int] = self._kept.getsockname()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._listen()

    def _listen(self) -> None:
        self._server = _Server(self.address, self._handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def _stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def refuse(self, seconds: float) -> None:
        """Refuse connections for a while; returns as soon as it does."""
        if not self._lock.acquire(blocking=False):
            return  # it does already
        self._stop()
        threading.Thread(target=self._open_again, args=(seconds,)).start()

    def _open_again(self, seconds: float) -> None:
        self._closed.wait(seconds)
        self._listen()
        self._lock.release()

    def close(self) -> None:
        """Stop for ever."""
        self._closed.set()
        with self._lock:
            self._stop()
        self._kept.close()
