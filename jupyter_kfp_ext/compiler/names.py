"""Names that KFP and Kubernetes accept, made from names that people choose.

KFP passes only ASCII unchanged, and a name that it refuses fails a run minutes after the start;
so each name is converted deterministically here, or refused when compiling.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection

VOLUME_VARIABLE = "KFP_VOLUME_"
"""How the environment variables begin that tell a step where a claim of its run is mounted."""
PIPELINE_NAME_LIMIT = 63
"""The SDK allows 128 letters; Argo appends its own suffix to make labels of at most 63."""

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED_PART = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def ascii_identifier(name: str) -> str:
    """Return a Python identifier in ASCII: other letters stand as `_u` and their code point.

    Parts of the world (`@numpy.random`) become `world_numpy_random`.
    """
    text = "world_" + name[1:] if name.startswith("@") else name
    return "".join(
        char if (char.isascii() and char.isalnum()) or char == "_" else _escaped(char)
        for char in text
    )


def key_of(name: str) -> str:
    """Return the key of a variable in the spec: an ASCII identifier that begins with a letter.

    The kfp SDK takes no other (`PipelineChannel` in kfp/dsl/pipeline_channel.py).
    """
    key = ascii_identifier(name)
    return f"x{key}" if key.startswith("_") else key


def _escaped(char: str) -> str:
    return "_" if char.isascii() else f"_u{ord(char):04x}"


def unique(wanted: str, source: str, taken: Collection[str]) -> str:
    """Return `wanted`, with a piece of the hash of `source` behind it where it is taken."""
    if wanted not in taken:
        return wanted
    return f"{wanted}_{digest(source)}"


def digest(text: str, length: int = 8) -> str:
    """Return the first hexadecimal digits of a text's sha-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def pipeline_name(name: str) -> str:
    """Return the name that KFP gets: lower-case ASCII letters, digits and `-`, at most 63.

    Where letters were lost or the name is cut, a piece of the name's hash keeps it apart from
    others, because KFP looks up cached results by pipeline name.
    """
    plain = _without_accents(name)
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    lost = not plain.isascii()
    if not slug:
        return f"pipeline-{digest(name)}"
    if not lost and len(slug) <= PIPELINE_NAME_LIMIT:
        return slug
    return f"{slug[: PIPELINE_NAME_LIMIT - 9].rstrip('-')}-{digest(name)}"


def ascii_text(text: str) -> str:
    """Return text for people in printable ASCII; what has no ASCII form becomes `?`.

    KFP's database refuses letters outside Latin-1 and starts an orphaned run on them. Double
    braces would be filled in by Argo and are pulled apart.
    """
    plain = " ".join(_without_accents(text).split())
    shown = "".join(char if char.isascii() and char.isprintable() else "?" for char in plain)
    return re.sub(r"\{(?=\{)", "{ ", shown)


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def is_dns_label(name: str) -> bool:
    """Whether Kubernetes takes it as the name of a volume (RFC 1123 label, at most 63)."""
    return _DNS_LABEL.fullmatch(name) is not None


def is_object_name(name: str) -> bool:
    """Whether Kubernetes takes it as the name of a Secret or ConfigMap (RFC 1123 subdomain)."""
    return len(name) <= 253 and _DNS_SUBDOMAIN.fullmatch(name) is not None


def is_label_key(key: str) -> bool:
    """Whether Kubernetes takes it as the key of a label or annotation, `[prefix/]name`."""
    prefix, slash, name = key.rpartition("/")
    return _QUALIFIED_PART.fullmatch(name) is not None and (not slash or is_object_name(prefix))


def is_label_value(value: str) -> bool:
    """Whether Kubernetes takes it as the value of a label."""
    return value == "" or _QUALIFIED_PART.fullmatch(value) is not None


def is_resource_name(name: str) -> bool:
    """Whether Kubernetes takes it as the name of an extended resource, `nvidia.com/gpu`."""
    return "/" in name and is_label_key(name)
