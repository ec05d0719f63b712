"""The Jupyter Server extension: registers the handlers, and stops what they started.

It is imported at each server start, so it imports nothing that the server has not imported.
"""

from typing import Any

from jupyter_server.extension.application import ExtensionApp


class KfpExtension(ExtensionApp):
    """Serves `<base url>/jupyter-kfp-ext/` (docs/api.md)."""

    name = "jupyter_kfp_ext"

    def initialize_handlers(self) -> None:
        """Add our routes."""
        from .routes import routes

        self.handlers.extend(routes())

    def initialize_settings(self) -> None:
        """Make the hub, which does nothing until the first request, and register its event.

        The event must be known before a tab opens the event socket: a socket hears only of the
        events that are registered when it opens.
        """
        from .events import register_schema
        from .hub import SETTING, Hub

        server: Any = self.serverapp
        register_schema(server.event_logger)
        self.settings[SETTING] = Hub(server)

    async def stop_extension(self) -> None:
        """Stop listening to runs; the runs themselves go on."""
        from .hub import SETTING

        hub: Any = self.settings.get(SETTING)
        if hub is not None:
            hub.close()
