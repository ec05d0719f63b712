"""What all our handlers share: threads for work, one error body, the request's JSON."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError

from ..errors import Code, KfpExtError, Problem
from .statuses import http_status

AUTH_RESOURCE = "kfp"

Result = TypeVar("Result")
Default = TypeVar("Default")
Method = TypeVar("Method", bound=Callable[..., Any])


async def in_thread(call: Callable[..., Result], *args: Any) -> Result:
    """Run work that reads files or computes off the event loop, which serves all users."""
    return await asyncio.get_running_loop().run_in_executor(None, call, *args)


class KfpHandler(APIHandler):
    """Base of all our handlers: they raise `KfpExtError` or `HTTPError`, this writes the body."""

    auth_resource = AUTH_RESOURCE

    def json_body(self) -> dict[str, Any]:
        """Return the request's JSON object; raises `KfpExtError` (`usage`) for anything else."""
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError as error:
            raise usage(f"The request's body is not JSON: {error}.") from error
        if not isinstance(body, dict):
            raise usage("The request's body is not a JSON object.")
        return body

    def reply(self, answer: Any, status: int = 200) -> None:
        """Write the answer as JSON."""
        self.set_status(status)
        self.finish(json.dumps(answer))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write `{"message", "problems"}` for every error, whatever raised it."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        problems: tuple[Problem, ...] = ()
        if isinstance(error, KfpExtError):
            problems = error.problems
            message = problems[0].message
            self.set_status(http_status(error))
        elif isinstance(error, HTTPError):
            message = error.log_message or self._reason
        else:
            message = "Something went wrong in the extension itself; the server's log has more."
        self.finish(
            json.dumps({"message": message, "problems": [each.to_json() for each in problems]})
        )

    def log_exception(self, *exc_info: Any) -> None:
        """Log only what is our own fault: a problem of the user's is an answer, not an event."""
        if not isinstance(exc_info[1], KfpExtError):
            super().log_exception(*exc_info)


def permitted(action: str) -> Callable[[Method], Method]:
    """Return the decorator that asks the server's authorizer for an action on our resource."""
    return cast("Callable[[Method], Method]", authorized(action=action))


def usage(message: str, remedy: str = "") -> KfpExtError:
    """Return the error for a request that does not say what it should."""
    return KfpExtError(Problem(Code.USAGE, message, remedy))


def typed(body: dict[str, Any], key: str, kind: type[Result], default: Default) -> Result | Default:
    """Return a field of a body; raises `KfpExtError` (`usage`) where it has another type."""
    value = body.get(key)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise usage(f"'{key}' must be of type {kind.__name__}.")
    return value
