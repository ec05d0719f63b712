"""Claims that a run makes for its steps and removes when it ends (`volumes` with a `size`).

Two runs at once must not share one, so its name is each run's own: steps get it as a parameter of
the pipeline. What such a claim holds is in no cache, so neither are the steps that mount it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..analysis.plan import Plan
from ..errors import Code
from ..notation.options import StepOptions, Volume
from .names import VOLUME_VARIABLE, ascii_identifier
from .parts import StepParts

CLAIM_KEY = "kfp_claim_"
"""How the parameters begin that name such claims."""
LONGEST_NAME = 54
"""Letters of a claim's name: Kubernetes allows 63, and each run adds `-` and eight digits."""


@dataclass(frozen=True)
class NewClaim:
    """A claim that a run is to make."""

    claim: str
    """As the notebook says it; a run's own name is this one with a piece of the run's id."""
    size: str
    """A Kubernetes quantity."""
    storage_class: str | None
    """None: the cluster's default class."""
    access_modes: tuple[str, ...]

    @property
    def key(self) -> str:
        """The parameter that has its name in a run."""
        return claim_key(self.claim)


def claim_key(claim: str) -> str:
    """Return the parameter that has a claim's name in a run."""
    return f"{CLAIM_KEY}{ascii_identifier(claim)}"


def volume_variable(claim: str) -> str:
    """Return the environment variable that tells where a claim is mounted."""
    return f"{VOLUME_VARIABLE}{ascii_identifier(claim).upper()}"


def new_claims(plan: Plan) -> tuple[NewClaim, ...]:
    """Return the claims that a run of a plan makes, each once."""
    found = {each.claim: _new(each) for step in plan.steps for each in _made(step.options)}
    return tuple(found.values())


def claim_inputs(options: StepOptions) -> dict[str, dict[str, Any]]:
    """Return the declarations of the parameters that name the claims of a step."""
    return {claim_key(each.claim): {"parameterType": "STRING"} for each in _made(options)}


def claim_defaults(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the inputs of the pipeline that name claims.

    Whoever starts the compiled file by hand names claims of his own, or makes them as they are
    called in the notebook.
    """
    return {
        each.key: {"parameterType": "STRING", "isOptional": True, "defaultValue": each.claim}
        for each in new_claims(plan)
    }


def refuse_differing(parts: Iterable[StepParts]) -> None:
    """Refuse a claim that one step has made otherwise than another, or takes for an old one."""
    first: dict[str, tuple[Volume, str]] = {}
    for each in parts:
        for volume in each.step.options.volumes:
            known, owner = first.setdefault(volume.claim, (volume, each.step.name))
            if _new(known) != _new(volume):
                each.refuse(
                    "volumes",
                    f"the claim {volume.claim!r} is said otherwise in step {owner!r}",
                    "Say `size`, `storage_class` and `access_modes` of a claim that the run makes "
                    "alike in each step (or once in `defaults`), or give one of them another name.",
                    Code.OPTION_CONFLICT,
                )


def _made(options: StepOptions) -> Iterator[Volume]:
    return (each for each in options.volumes if each.size is not None)


def _new(volume: Volume) -> NewClaim:
    return NewClaim(volume.claim, volume.size or "", volume.storage_class, volume.access_modes)


def is_claim_key(key: str) -> bool:
    """Tell a parameter that names such a claim."""
    return key.startswith(CLAIM_KEY)


def without_claims(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without those that name claims: they are no matter of the user's."""
    return {key: value for key, value in parameters.items() if not is_claim_key(key)}
