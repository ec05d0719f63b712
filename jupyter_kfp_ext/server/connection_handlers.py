"""The clusters that runs can go to: whether they let us in, and what they offer."""

from __future__ import annotations

from typing import Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted


class ConnectionsHandler(KfpHandler):
    """`GET connections`."""

    @authenticated
    @permitted("read")
    async def get(self) -> None:
        """Answer with the names of the clusters that runs can go to, never with how."""
        self.reply(await in_thread(_connections))


class TestHandler(KfpHandler):
    """`POST connections/<name>/test`."""

    @authenticated
    @permitted("execute")
    async def post(self, name: str) -> None:
        """Try the connection step by step; a step that fails is an answer, not an error."""
        self.reply(await in_thread(_tried, name))


class ResourcesHandler(KfpHandler):
    """`GET connections/<name>/resources`."""

    @authenticated
    @permitted("read")
    async def get(self, name: str) -> None:
        """Answer with what steps can ask for there, and what is free of it now."""
        self.reply(await in_thread(_resources, name))


class NamespacesHandler(KfpHandler):
    """`GET connections/<name>/namespaces`."""

    @authenticated
    @permitted("read")
    async def get(self, name: str) -> None:
        """Answer with the namespaces in which runs may be started there."""
        self.reply(await in_thread(_namespaces, name))


def _connections() -> dict[str, Any]:
    from ..engines.kfp.connections import known_connections
    from ..engines.kfp.login.credential import login_state
    from ..engines.kfp.login.kept import login_command

    known = known_connections()
    return {
        "connections": [
            {
                "name": each.name,
                "default": each.name == known.default,
                "login": {"state": login_state(each), "command": login_command(each.name)}
                if each.has_login
                else None,
            }
            for each in known.connections
        ]
    }


def _tried(name: str) -> dict[str, Any]:
    from ..runs.elsewhere import tried

    return tried(name)


def _namespaces(name: str) -> dict[str, Any]:
    from ..runs.elsewhere import namespaces_there

    return namespaces_there(name)


def _resources(name: str) -> dict[str, Any]:
    from ..runs.elsewhere import resources_there

    return resources_there(name)
