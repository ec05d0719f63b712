"""Amounts of what pods ask for and nodes have, read from Kubernetes and said to people."""

from decimal import Decimal, InvalidOperation

from ...compiler.resources import quantity
from ..local.needs import gibibytes


def number(text: str) -> Decimal | None:
    """Return what a Kubernetes quantity means; None for what is none, as a parameter's place."""
    try:
        return quantity(text)
    except (InvalidOperation, KeyError):
        return None


def plain(resource: str, amount: Decimal) -> str:
    """Return an amount without the name of what it is."""
    return gibibytes(float(amount)) if resource == "memory" else f"{amount.normalize():f}"


def amount_words(resource: str, amount: Decimal) -> str:
    """Return an amount with the name of what it is: `2 nvidia.com/gpu`, `4 GiB of memory`."""
    if resource == "memory":
        return f"{plain(resource, amount)} of memory"
    return f"{plain(resource, amount)} {'CPU' if resource == 'cpu' else resource}"


def is_device(resource: str) -> bool:
    """Whether a resource is an extended one: a GPU, a part of one, whatever plugins offer."""
    return "/" in resource and not resource.startswith(("hugepages", "attachable-volumes"))
