"""The object store behind KFP in the stand-in: S3 for clients, a plain door for the launcher."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from jupyter_kfp_ext.engines.kfp.object_store import Key, signed

Json = dict[str, Any]
KEY = Key("ada", "secret")
"""Who is let in."""
BUCKETS = ("mlpipeline",)


@dataclass
class Objects:
    """What is stored, by `bucket/key`."""

    stored: dict[str, bytes] = field(default_factory=dict)
    executions: dict[str, Json] = field(default_factory=dict)
    """What the launcher said that a step has left, by the folder of its outputs."""
    logs: dict[str, bytes] = field(default_factory=dict)
    """Archived logs, by pod."""
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    """What lets a launcher in."""

    def launched(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer a launcher."""
        what, _, key = path.partition("/")
        if what == "execution":
            self.executions[key] = json.loads(body)
        elif what == "list":
            below = [k for k in self.stored if k == key or k.startswith(f"{key}/")]
            return 200, json.dumps([k[len(key) + 1 :] for k in below]).encode()
        elif method == "PUT":
            self.stored[key] = body
        elif key in self.stored:
            return 200, self.stored[key]
        else:
            return 404, b""
        return 200, b""

    def s3(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Answer an S3 client; `target` is path and query as they came."""
        stamp = headers.get("x-amz-date", "19700101T000000Z")
        when = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        url = f"http://{headers['Host']}{target}"
        if (
            headers.get("Authorization")
            != signed(method, url, {}, body, KEY, when)["Authorization"]
        ):
            return 403, _error("SignatureDoesNotMatch")
        path, _, query = target.partition("?")
        bucket, _, key = unquote(path.removeprefix("/s3/")).partition("/")
        if bucket not in BUCKETS:
            return 404, _error("NoSuchBucket")
        full = f"{bucket}/{key}"
        if method == "PUT":
            self.stored[full] = body
            return 200, b""
        if not key:
            return 200, self._listed(bucket, dict(parse_qsl(query)))
        if full not in self.stored:
            return 404, _error("NoSuchKey")
        if method == "DELETE":
            del self.stored[full]
            return 204, b""
        return 200, self.stored[full]

    def _listed(self, bucket: str, query: Mapping[str, str]) -> bytes:
        """Return a page of keys (ListObjectsV2); short ones, so that clients must turn them."""
        prefix, most = f"{bucket}/{query.get('prefix', '')}", 5
        keys = sorted(k for k in self.stored if k.startswith(prefix))
        start = int(query.get("continuation-token", "0"))
        page = keys[start : start + most]
        more = start + most < len(keys)
        contents = "".join(
            f"<Contents><Key>{escape(k.partition('/')[2])}</Key>"
            f"<Size>{len(self.stored[k])}</Size></Contents>"
            for k in page
        )
        token = f"<NextContinuationToken>{start + most}</NextContinuationToken>" if more else ""
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{contents}{token}</ListBucketResult>"
        )
        return text.encode()


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code></Error>".encode()
