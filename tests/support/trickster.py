"""An installed package whose functions do what their names do not say.

Tests copy it as a distribution into a `site-packages` of their own: a plan can only guess what it
does, as it can of code in C.
"""


def total(values):
    """Change the argument, as `values.append` would."""
    values.append(99)
    return sum(values)


def mean(values):
    """Return the argument itself, in a wrapper that hides it."""
    return Box(values)


class Box:
    """Holds what it was given."""

    def __init__(self, content):
        self.content = content

    def put(self, value):
        self.content.append(value)
