"""The options described as data: what the magic line accepts, what the form and the docs show.

Everything here is read from the types in `options`, so that an option is written down once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, cast

import msgspec
from msgspec import inspect
from msgspec.inspect import StructType, type_info

from .options import Option, PipelineSettings, StepOptions

Kind = Literal["text", "integer", "number", "boolean", "choice", "list", "map", "struct", "structs"]

GROUPS: Mapping[str, str] = {
    "basics": "Basics",
    "helpers": "Helper code",
    "resources": "Resources",
    "image": "Image and packages",
    "placement": "Where it runs",
    "volumes": "Volumes",
    "environment": "Environment",
    "control": "Control flow",
    "advanced": "Advanced",
}
"""The groups of the form and of the docs, in order, with their titles."""


@dataclass(frozen=True)
class OptionSpec:
    """One option, or one field of an option that has several."""

    name: str
    kind: Kind
    """`list` is a list of texts, `map` texts by text, `structs` a list of what `fields` says."""
    description: str
    group: str
    example: Any
    """A valid value as JSON; None where a field has none."""
    expects: str
    """What a value must be, as a noun phrase for messages."""
    choices: tuple[str, ...] = ()
    fields: tuple["OptionSpec", ...] = ()
    required: bool = False
    default: Any = None
    """As JSON; None where there is none."""
    pattern: str = ""
    """Regular expression that a text must match (ECMAScript and Python read it alike)."""
    minimum: float | None = None
    maximum: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `OptionSpec`)."""
        return asdict(self)

    @property
    def flag(self) -> str:
        """The option on a magic line: `--cpu-limit`."""
        return "--" + self.name.replace("_", "-")

    @property
    def flags(self) -> tuple[str, ...]:
        """Every spelling that the magic line accepts; of a list also the singular."""
        repeatable = self.kind in ("list", "map", "structs")
        if repeatable and self.flag.endswith("s"):
            return (self.flag, self.flag[:-1])
        return (self.flag,)

    def field(self, name: str) -> "OptionSpec | None":
        """Return the field of a name."""
        return next((each for each in self.fields if each.name == name), None)

    @property
    def short_field(self) -> "OptionSpec | None":
        """The field that a plain value stands for: `--retries 3` says `count`."""
        required = [each for each in self.fields if each.required]
        return required[0] if len(required) == 1 else None


@cache
def specs(kind: type[Option] = StepOptions) -> Mapping[str, OptionSpec]:
    """Return the options of a type by name, in the order of their definition."""
    return {field.name: _spec(field) for field in cast(StructType, type_info(kind)).fields}


@cache
def field_types(kind: type[Option]) -> Mapping[str, Any]:
    """Return the types of a type's fields by name; finding them costs more than converting."""
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


def options_schema() -> dict[str, Any]:
    """Return the JSON schema of the pipeline settings (step options are among its `$defs`).

    `x-group` on a property names the group of the form that shows it.
    """
    return msgspec.json.schema(PipelineSettings)


def _spec(field: inspect.Field) -> OptionSpec:
    schema: dict[str, Any] = {}
    bare = _unwrap(field.type, schema)
    kind, inner = _kind(bare)
    fields: tuple[OptionSpec, ...] = ()
    if isinstance(inner, StructType):
        fields = tuple(_spec(each) for each in inner.fields)
        if inner.cls is StepOptions:
            schema["expects"] = "an object with options of a step"
    choices = tuple(map(str, bare.values)) if isinstance(bare, inspect.LiteralType) else ()
    return OptionSpec(
        name=field.name,
        kind=kind,
        description=schema.get("description", ""),
        group=schema.get("x-group", ""),
        example=schema.get("examples", [None])[0],
        expects=schema.get("expects") or _expects(kind, choices, fields),
        choices=choices,
        fields=fields,
        required=field.required,
        default=_default(field),
        pattern=(bare.pattern if isinstance(bare, inspect.StrType) else None) or "",
        minimum=bare.ge if isinstance(bare, (inspect.IntType, inspect.FloatType)) else None,
        maximum=bare.le if isinstance(bare, (inspect.IntType, inspect.FloatType)) else None,
    )


def _default(field: inspect.Field) -> Any:
    value = None if field.default is msgspec.NODEFAULT else field.default
    return msgspec.to_builtins(list(value) if isinstance(value, tuple) else value)


def _unwrap(wrapped: inspect.Type, schema: dict[str, Any]) -> inspect.Type:
    """Return the type without annotations and None; what the annotations say goes to `schema`."""
    if isinstance(wrapped, inspect.Metadata):
        said = dict(wrapped.extra_json_schema or {})
        if isinstance(wrapped.type, (inspect.StrType, inspect.IntType)):
            # The description of a kind of text or number says what is expected.
            schema["expects"] = said.pop("description", None)
        schema.update(said)
        return _unwrap(wrapped.type, schema)
    if isinstance(wrapped, inspect.UnionType):
        (kept,) = (each for each in wrapped.types if not isinstance(each, inspect.NoneType))
        return _unwrap(kept, schema)
    return wrapped


def _kind(bare: inspect.Type) -> tuple[Kind, inspect.Type]:
    if isinstance(bare, inspect.VarTupleType):
        item = bare.item_type
        return ("structs" if isinstance(item, StructType) else "list"), item
    kinds: dict[type[inspect.Type], Kind] = {
        inspect.StrType: "text",
        inspect.IntType: "integer",
        inspect.FloatType: "number",
        inspect.BoolType: "boolean",
        inspect.LiteralType: "choice",
        inspect.DictType: "map",
        StructType: "struct",
    }
    return kinds[type(bare)], bare


def _expects(kind: Kind, choices: tuple[str, ...], fields: tuple[OptionSpec, ...]) -> str:
    named = ", ".join(f"`{each.name}`" for each in fields)
    return {
        "text": "a text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "choice": "one of " + ", ".join(f"`{each}`" for each in choices if each),
        "list": "a list of texts",
        "map": "texts by name",
        "struct": f"an object with {named}",
        "structs": f"a list of objects with {named}",
    }[kind]
