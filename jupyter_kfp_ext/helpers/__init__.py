"""The user's own modules that steps import: found, and bundled by content."""
