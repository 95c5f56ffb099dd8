"""What is wrong with a value by a JSON Schema: as much of it as our schemas use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
KNOWN = {
    "$ref",
    "anyOf",
    "enum",
    "type",
    "minimum",
    "required",
    "properties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
}
WORDS = {"title", "description", "examples", "default"}


class Schema:
    """A schema with its definitions."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self._defs = schema["$defs"]

    def faults(self, value: Any) -> list[str]:
        return list(self._faults(value, {"$ref": self.schema["$ref"]}, "$"))

    def without_description(self, *names: str) -> list[str]:
        keys = ((n, k, r) for n in names for k, r in self._defs[n]["properties"].items())
        return [f"{name}.{key}" for name, key, rule in keys if "description" not in rule]

    def _faults(self, value: Any, rule: Any, at: str) -> Iterator[str]:
        if rule is False:
            yield f"{at}: nothing may be here"
            return
        assert rule.keys() <= KNOWN | WORDS, rule.keys()
        if "$ref" in rule:
            rule = self._defs[rule["$ref"].rpartition("/")[2]]
        if "anyOf" in rule and all([*self._faults(value, o, at)] for o in rule["anyOf"]):
            yield f"{at}: {value!r} is none of {rule['anyOf']}"
        if "enum" in rule and value not in rule["enum"]:
            yield f"{at}: {value!r} is not one of {rule['enum']}"
        if "type" in rule and type(value) is not TYPES[rule["type"]]:
            yield f"{at}: {value!r} is no {rule['type']}"
            return
        if "minimum" in rule and value < rule["minimum"]:
            yield f"{at}: {value} is too small"
        yield from self._inside(value, rule, at)

    def _inside(self, value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
        for name in rule.get("required", ()):
            if name not in value:
                yield f"{at}: {name} is missing"
        for name, below in rule.get("properties", {}).items():
            if name in value:
                yield from self._faults(value[name], below, f"{at}.{name}")
        if not isinstance(value, list):
            return
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            yield f"{at}: {len(value)} items"
        first = rule.get("prefixItems", [])
        rules = [*first, *[rule.get("items", {})] * (len(value) - len(first))]
        for number, (item, below) in enumerate(zip(value, rules, strict=False)):
            yield from self._faults(item, below, f"{at}[{number}]")
