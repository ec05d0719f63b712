"""An installed package whose functions do what their names do not say.

Tests copy it as a distribution into a `site-packages` of their own: a plan can only guess what it
does, as it can of code in C.
"""

import functools
import json
import random
import sys
import threading
from pathlib import Path


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

    def count(self, values):
        """Keep what a look would only look at."""
        self.content = values
        return len(values)

    def index(self, other):
        """Give another one what this one holds."""
        other.content = self.content
        return 0


def median(values):
    """Draw from Python's generator."""
    return random.random() + len(values)


def peak(values):
    """Draw from numpy's generator."""
    import numpy

    return numpy.random.random() + len(values)


def seed(number):
    """Seed the generators that anyone draws from."""
    import random

    import numpy as np

    random.seed(number)
    np.random.seed(number)


def draw(count):
    """Draw from them, and give nothing back."""
    import random

    import numpy as np

    for _ in range(count):
        random.random()
    np.random.rand(10 * count)


def note(text):
    """Write a file."""
    Path("note.txt").write_text(text)


def noted():
    """Read that file."""
    path = Path("note.txt")
    return path.read_text() if path.exists() else "nothing"


def noted_for_sure():
    """Read that file, which must be there."""
    with open("note.txt") as file:
        return file.read()


def first(values):
    """Change the first element."""
    values[0] += 1
    return values[1]


def evaluate(text):
    """Read variables of whoever calls."""
    return eval(text, sys._getframe(1).f_globals)


_sum_cache = {}


def sum_of(values):
    """Remember what it returned by the argument's address, also when that has changed since."""
    return _sum_cache.setdefault(id(values), sum(values))


calls = 0
kept = []
callbacks = []


def count():
    """Count the calls."""
    global calls
    calls += 1
    return calls


def remember(values):
    """Keep the argument."""
    kept.append(values)


def touch():
    """Change what was kept."""
    for values in kept:
        values.append("touched")


def on_event(function):
    """Register a function."""
    callbacks.append(function)


def fire(value):
    """Call the registered functions."""
    return [function(value) for function in callbacks]


class Tally:
    """Counts its instances in the class."""

    made = 0

    def __init__(self):
        Tally.made += 1

    def seen(self):
        """Return how many there are."""
        return Tally.made


def collect(value, into=[]):  # noqa: B006 - that is the trick
    """Keep in a mutable default."""
    into.append(value)
    return len(into)


def _counter():
    number = 0

    def count_on():
        """Count in a variable of an outer function."""
        nonlocal number
        number += 1
        return number

    return count_on


count_on = _counter()


@functools.lru_cache
def settings(name):
    """Return the same object at each call."""
    return {"name": name}


def patch():
    """Replace a function of the standard library."""
    json.dumps = shouting


def shouting(value):
    """Write a value in capitals."""
    return str(value).upper()


def later(values):
    """Change the argument from a thread, at some later time."""
    started = threading.Event()

    def work():
        started.set()
        _go.wait(300)
        values.append("late")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    started.wait()


_go = threading.Event()


def go():
    """Let the threads go on."""
    _go.set()
    for thread in threading.enumerate():
        if thread.daemon and thread.name.startswith("Thread"):
            thread.join()
