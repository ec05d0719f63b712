"""Names and ids as Argo gives them: a node's id is its Workflow's name and a hash of its own."""


def fnv(name: str) -> int:
    """Return the FNV-1a hash of a name, in 32 bits."""
    number = 2166136261
    for byte in name.encode():
        number = (number ^ byte) * 16777619 % 2**32
    return number


def node_id(workflow: str, name: str) -> str:
    """Return the id of a node by its full name."""
    return name if name == workflow else f"{workflow}-{fnv(name)}"


def pod_name(workflow: str, name: str, template: str) -> str:
    """Return the name of the pod of a node, as Argo's `v2` names are."""
    return f"{workflow}-{template}-{fnv(name)}"
