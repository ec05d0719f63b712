"""A small server with the part of Google Cloud Storage's JSON API that the adapter uses.

Google's own client library reads and writes on it in the tests, so that it is held to what that
expects. It knows one bucket and one token, and gives tokens to a service account whose signed
request it checks.
"""

import json
from contextlib import contextmanager
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

BUCKET = "team-bucket"
TOKEN = "ya29.right"
_OBJECTS = f"/storage/v1/b/{BUCKET}/o"
_PAGE = 5
_AUDIENCE = "https://oauth2.googleapis.com/token"


class GoogleStorage(ThreadingHTTPServer):
    """The server; `stored` by name of the object."""

    def __init__(self):
        self.stored = {}
        self.public_key = None
        """Of the service account that may ask for a token."""
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: GoogleStorage

    def _answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _refuse(self, status, reason):
        errors = [{"message": reason, "domain": "global", "reason": reason}]
        self._answer(status, {"error": {"code": status, "message": reason, "errors": errors}})

    def _serve(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/token":
            self._token(content)
            return
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._refuse(401, "authError")
            return
        path = parts.path.removeprefix("/upload").removeprefix("/download")
        if not path.startswith(_OBJECTS):
            self._refuse(404, "notFound")
        elif self.command == "POST":
            self._uploaded(query, content)
        elif path == _OBJECTS:
            self._listed(query)
        else:
            self._one(unquote(path.removeprefix(f"{_OBJECTS}/")), query)

    def _uploaded(self, query, content):
        name = query.get("name")
        if query["uploadType"] == "multipart":
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            about, data = BytesParser().parsebytes(head + content).get_payload()
            name = json.loads(about.get_payload())["name"]
            content = data.get_payload(decode=True)
        self.server.stored[name] = content
        self._answer(200, self._about(name))

    def _listed(self, query):
        prefix, start = query.get("prefix", ""), int(query.get("pageToken", "0"))
        names = sorted(each for each in self.server.stored if each.startswith(prefix))
        page = names[start : start + _PAGE]
        found = {"kind": "storage#objects"}
        if page:
            found["items"] = [self._about(each) for each in page]
        if start + _PAGE < len(names):
            found["nextPageToken"] = str(start + _PAGE)
        self._answer(200, found)

    def _one(self, name, query):
        if name not in self.server.stored:
            self._refuse(404, "notFound")
        elif self.command == "DELETE":
            del self.server.stored[name]
            self.send_response(204)
            self.end_headers()
        elif query.get("alt") == "media":
            self._answer(200, self.server.stored[name])
        else:
            self._answer(200, self._about(name))

    def _about(self, name):
        size = str(len(self.server.stored[name]))
        return {"kind": "storage#object", "name": name, "bucket": BUCKET, "size": size}

    def _token(self, content):
        from google.auth import jwt

        (assertion,) = parse_qs(content.decode())["assertion"]
        jwt.decode(assertion, certs=self.server.public_key, audience=_AUDIENCE)
        self._answer(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_):
        pass


@contextmanager
def google_storage():
    """Give the server, and end it."""
    with GoogleStorage() as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
