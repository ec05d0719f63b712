"""Conditions of tasks: the part of CEL that KFP's compilers write, parsed and never `eval`-ed.

Comparisons of `inputs.parameter_values['name']` and literals, `in`, `!`, `&&`, `||`, parentheses
and the conversions `int`, `double`, `string` and `bool`.
https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .values import as_text


class ConditionError(Exception):
    """A condition that cannot be read, or that its values do not fit; the text says why."""


Evaluate = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Condition:
    """A condition that could be read."""

    text: str
    _evaluate: Evaluate

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it is true for the values of the task's input parameters.

        Raises `ConditionError`: a value is missing, or types do not go together.
        """
        try:
            result = self._evaluate(values)
        except (TypeError, ValueError) as error:
            raise ConditionError(f"{self.text}: {error}") from error
        if not isinstance(result, bool):
            raise ConditionError(f"{self.text} gives {result!r}, not true or false")
        return result


def parse_condition(text: str) -> Condition:
    """Read a condition; raises `ConditionError` where it is not of this part of CEL."""
    reader = _Reader(text)
    evaluate = reader.either()
    if reader.peek() != "":
        raise ConditionError(f"{text}: {reader.peek()!r} is not expected here")
    return Condition(text, evaluate)


_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-!<>()\[\],]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_WORDS = {"true": True, "false": False, "null": None}


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is neither true nor false")


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "double": float,
    "string": as_text,
    "bool": _boolean,
}


class _Reader:
    """A recursive descent over the tokens; each method reads one level of precedence."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise ConditionError(f"{text}: cannot be read from {text[at:].strip()!r} on")
            self._tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise ConditionError(f"{self.text}: something is missing at the end")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, sign: str) -> None:
        _, found = self._next()
        if found != sign:
            raise ConditionError(f"{self.text}: {sign!r} is expected, not {found!r}")

    def either(self) -> Evaluate:
        parts = [self._both()]
        while self.peek() == "||":
            self._next()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda values: any(_truth(e(values)) for e in parts)

    def _both(self) -> Evaluate:
        parts = [self._comparison()]
        while self.peek() == "&&":
            self._next()
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda values: all(_truth(e(values)) for e in parts)

    def _comparison(self) -> Evaluate:
        left = self._operand()
        sign = self.peek()
        if sign == "in":
            self._next()
            members = self._operand()
            return lambda values: left(values) in members(values)
        if sign not in _COMPARE:
            return left
        self._next()
        right, compare = self._operand(), _COMPARE[sign]
        return lambda values: compare(left(values), right(values))

    def _operand(self) -> Evaluate:
        kind, word = self._next()
        if kind == "string":
            text = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), word[1:-1])
            return lambda values: text
        if kind == "number":
            number = int(word) if word.isdigit() else float(word)
            return lambda values: number
        if word == "!":
            inner = self._operand()
            return lambda values: not _truth(inner(values))
        if word == "-":
            inner = self._operand()
            return lambda values: -inner(values)
        if word == "(":
            inner = self.either()
            self._take(")")
            return inner
        if word == "[":
            return self._list()
        return self._word(word)

    def _list(self) -> Evaluate:
        items: list[Evaluate] = []
        while self.peek() != "]":
            items.append(self.either())
            if self.peek() != "]":
                self._take(",")
        self._take("]")
        return lambda values: [each(values) for each in items]

    def _word(self, word: str) -> Evaluate:
        if word in _WORDS:
            value = _WORDS[word]
            return lambda values: value
        if word in _CONVERT:
            self._take("(")
            inner = self.either()
            self._take(")")
            return lambda values: _CONVERT[word](inner(values))
        if word != "inputs.parameter_values":
            raise ConditionError(f"{self.text}: {word!r} is not known")
        self._take("[")
        kind, name = self._next()
        if kind != "string":
            raise ConditionError(f"{self.text}: the name of a parameter is expected, not {name!r}")
        self._take("]")
        return lambda values: _value(values, name[1:-1])


def _value(values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        raise ValueError(f"the parameter {name!r} has no value")
    return values[name]


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value
