"""The ways by which the code of a pipeline reaches its steps on a cluster, and what each can hold.

Which one is taken is the notebook's setting `helpers`; docs/helpers.md compares them.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Literal, get_args

from ..errors import Code, Problem, errors_in
from ..notation.options import PipelineSettings
from ..runtime.source import runtime_source
from ..runtime.step.place import RUNTIME_FILE
from .budget import Budget, StepCost, Verdict, measure
from .bundle_place import CONFIG_MAP_LIMIT
from .code_artifacts import parts_by_import, runtime_by_task
from .compiled import Documents, Form
from .inline import all_inline, inline_code
from .mounted_code import code_takers, on_volume, with_live_tree
from .names import is_dns_label

Way = Literal["configmap", "volume", "artifact", "embed"]
"""`configmap`: an immutable ConfigMap beside the run; `volume`: a claim that the steps share;
`artifact`: the pipeline's object store; `embed`: the spec itself."""
WAYS: tuple[Way, ...] = get_args(Way)
BUNDLE_ROOM = CONFIG_MAP_LIMIT - 1024
"""Bytes that a bundle may have in a ConfigMap beside its names."""
_OTHER = {
    "configmap": "a ConfigMap (`configmap`; up to 1 MiB, needs the right to create it)",
    "volume": "a volume (`volume`, with a claim in `helpers_volume`)",
    "artifact": "the object store (`artifact`, with --store at the connection)",
    "embed": "the specification itself (`embed`, for some 22 small steps)",
}


@dataclass(frozen=True)
class Places:
    """Where the ways that need a place find it; empty where there is none."""

    claim: str = ""
    folder: str = ""
    """Folder of the claim that holds the bundles."""
    store: str = ""
    """URI of a folder of the object store, as KFP's launcher reads it."""
    live: str = ""
    """Folder of the claim with the working tree that steps use as it is."""

    def missing(self, way: Way) -> str:
        """Return in words what a way needs and has not; empty where nothing is missing."""
        if self.live and way != "volume":
            return "steps are to use the working tree on a claim (`live`), which only `volume` can"
        if way == "volume" and not self.claim:
            return "the notebook names no claim in `helpers_volume`"
        if way == "volume" and (wrong := self._not_on_a_claim()):
            return wrong
        if way == "artifact" and not self.store:
            return "the connection names no object store"
        return ""

    def _not_on_a_claim(self) -> str:
        if not is_dns_label(self.claim):
            return f"{self.claim!r} cannot name a volume of a pod"
        for folder in (self.folder, self.live):
            if ".." in PurePosixPath(folder).parts:
                return f"the folder {folder!r} leaves the claim"
            if not folder.isascii() or "{{" in folder or "$" in folder:
                return f"the folder {folder!r} would not reach a cluster unchanged"
        return ""


@dataclass(frozen=True)
class Shipping:
    """A pipeline in the form of one way, and whether that can run."""

    way: Way
    form: Form
    budget: Budget
    """What a run of it takes of the object in which KFP keeps it."""
    problems: tuple[Problem, ...]
    """Errors where it does not fit, warnings where KFP would show no progress."""

    @property
    def fits(self) -> bool:
        """Whether a run can start."""
        return not errors_in(self.problems)


def places_of(settings: PipelineSettings, store: str = "") -> Places:
    """Return the places that a notebook and a connection name."""
    volume = settings.helpers_volume
    if volume is None:
        return Places(store=store)
    return Places(volume.claim, volume.folder.strip("/"), store, volume.live.strip("/"))


def shipping(form: Documents, bundle: bytes, way: Way, places: Places) -> Shipping:
    """Return a pipeline, as the compiler made it, in the form of a way.

    Raises `ValueError` where the way needs a place that nobody named.
    """
    if missing := places.missing(way):
        raise ValueError(missing)
    made = _form(form, bundle, way, places)
    budget = measure(made)
    found = [_with_alternatives(each, way) for each in budget.problems()]
    if way == "configmap" and len(bundle) > BUNDLE_ROOM:
        found.append(_with_alternatives(_too_big_for_a_map(len(bundle)), way))
    return Shipping(way, made, budget, tuple(found))


def volume_folder(places: Places, bundle: bytes) -> str:
    """Return the folder of the claim with a bundle."""
    return f"{places.folder}/{sha256(bundle).hexdigest()}".lstrip("/")


def _form(form: Documents, bundle: bytes, way: Way, places: Places) -> Form:
    if way == "volume":
        mounted = on_volume(form, places.claim, volume_folder(places, bundle))
        return with_live_tree(mounted, places.claim, places.live) if places.live else mounted
    if way == "artifact":
        return parts_by_import(form, bundle, places.store)
    if way == "embed":
        return embedded(form, bundle)
    return Form(form.spec, form.platform)


def embedded(form: Documents, bundle: bytes) -> Form:
    """Return the self-contained form: without a further task where that fits.

    Packing the runtime once for each step of a large pipeline would take seconds for nothing, so
    it is only tried where the runtimes alone leave room.
    """
    steps = sum(1 for _ in code_takers(form))
    if not steps:
        return Form(form.spec, form.platform)
    least = len(inline_code({RUNTIME_FILE: runtime_source()}))
    cost = StepCost("", container=least, executor_input=0, payload=least)
    if Budget((cost,) * steps, {}).verdict is Verdict.FITS:
        whole = all_inline(form, bundle)
        if measure(whole).verdict is Verdict.FITS:
            return whole
    return runtime_by_task(form, bundle)


def _too_big_for_a_map(size: int) -> Problem:
    return Problem(
        Code.TOO_BIG,
        f"The code of the pipeline takes {size // 1024:,} KiB; a ConfigMap holds "
        f"{CONFIG_MAP_LIMIT // 1024:,} KiB.",
        "Keep data files out of the helper packages, or put the modules into the image.",
    )


def _with_alternatives(problem: Problem, way: Way) -> Problem:
    """Name the ways that hold more, where the size of the code is what is wrong."""
    larger = {"embed": ("configmap", "volume", "artifact"), "configmap": ("volume", "artifact")}
    others = " or ".join(_OTHER[each] for each in larger.get(way, ()))
    if not others or not errors_in([problem]):
        return problem
    return replace(problem, remedy=f"{problem.remedy} Or send the code by {others}.".strip())
