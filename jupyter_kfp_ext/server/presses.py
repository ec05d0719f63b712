"""One run for one press: a request that comes again meets the first, which may be under way."""

import asyncio
from collections.abc import Awaitable, Callable

from .handler import KfpHandler, Result

_SETTING = "jupyter_kfp_ext_presses"
"""Where the web application's settings hold what is under way."""


async def once(handler: KfpHandler, press: str, job: Callable[[], Awaitable[Result]]) -> Result:
    """Do a press's work, or wait for the request that does it already; empty: any is its own.

    What was done before is not known here: `runs.chain.submit` finds it.
    """
    if not press:
        return await job()
    under_way: dict[str, asyncio.Future[Result]] = handler.settings.setdefault(_SETTING, {})
    if press not in under_way:
        under_way[press] = asyncio.ensure_future(job())
        under_way[press].add_done_callback(lambda _: under_way.pop(press, None))
    # Whoever hangs up does not take the run from those who wait for it too.
    return await asyncio.shield(under_way[press])
