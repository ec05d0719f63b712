"""Names of steps: what a user may write, and the task name that Kubeflow Pipelines gets."""

import hashlib
import re
import unicodedata

from ..errors import Code, Problem

LONGEST = 63
"""A Kubernetes label value holds 63 characters, and KFP writes names into labels."""


def clean_name(text: str) -> str:
    """Return the name as steps are compared: composed letters, single spaces, none outside."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def task_name(name: str) -> str:
    """Return the KFP task name of a step: lower-case ASCII letters, digits and `-`.

    Accents are dropped. Where other characters are lost, or the name is too long, six hex digits
    of the name's hash keep it apart from others; the same name gives the same task name anywhere.
    """
    name = clean_name(name)
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    ascii_only = decomposed.encode("ascii", "ignore").decode()
    task = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")
    lost = not task or any(
        not character.isascii() and unicodedata.category(character)[0] in "LNS"
        for character in decomposed
    )
    if not task or not task[0].isalpha():
        # Keys made from a task name have to be identifiers.
        task = f"step-{task}".rstrip("-")
    if lost or len(task) > LONGEST:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
        task = f"{task[: LONGEST - 7].rstrip('-')}-{digest}"
    return task


def name_problem(name: str) -> Problem | None:
    """Return what is wrong with a step's name (already cleaned); None where nothing is."""
    wrong = None
    if not name:
        wrong = "A step's name is empty."
    elif len(name) > LONGEST:
        wrong = f"The step name `{name}` has {len(name)} characters; {LONGEST} are the most."
    elif not any(character.isalnum() for character in name):
        wrong = f"The step name `{name}` has neither a letter nor a digit."
    elif name.startswith("-"):
        wrong = f"The step name `{name}` begins with `-`, as an option does."
    elif any(unicodedata.category(character).startswith("C") for character in name):
        wrong = f"The step name {name!r} has a control character."
    if wrong is None:
        return None
    return Problem(Code.STEP_NAME_INVALID, wrong, "Give the step a short name.", step=name or None)
