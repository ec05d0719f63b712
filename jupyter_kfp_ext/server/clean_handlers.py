"""Cleaning up: what would go is told first, then it goes."""

from __future__ import annotations

from typing import Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted, typed, usage

DEFAULT_DAYS = 30.0


class CleanHandler(KfpHandler):
    """`GET clean` and `POST clean`."""

    @authenticated
    @permitted("read")
    async def get(self) -> None:
        """Answer with what would be removed; nothing is."""
        text = self.get_query_argument("days", str(DEFAULT_DAYS))
        try:
            days = float(text)
        except ValueError:
            raise _no_days() from None
        connection = self.get_query_argument("connection", "") or None
        namespace = self.get_query_argument("namespace", "")
        self.reply(await in_thread(_clean, _checked(days), connection, namespace, True))

    @authenticated
    @permitted("execute")
    async def post(self) -> None:
        """Remove it, and answer with what was removed."""
        body = self.json_body()
        days = body.get("days", DEFAULT_DAYS)
        if isinstance(days, bool) or not isinstance(days, (int, float)):
            raise _no_days()
        connection = typed(body, "connection", str, "") or None
        namespace = typed(body, "namespace", str, "")
        self.reply(await in_thread(_clean, _checked(days), connection, namespace, False))


def _checked(days: float) -> float:
    if not 0 <= days < float("inf"):
        raise _no_days()
    return days


def _no_days() -> Exception:
    return usage("'days' must be a number from 0: how long ago it was last used.")


def _clean(days: float, connection: str | None, namespace: str, dry_run: bool) -> dict[str, Any]:
    from ..runs.cleaning import clean_all

    return {"cluster": None, **clean_all(days * 86400, connection, namespace, dry_run)}
