"""JSON Schema of the wire formats: what apispec reads from marshmallow, by the rules of this API.

A request is closed and says every limit. An answer is open: members may be added to it, so that
apps in the stores go on reading it. What is always there is required; a member that is there for
some is marked with the metadata `optional`, a set of values with `OneOf`.
"""

import re
from inspect import getdoc
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from schemas.body import Body
from schemas.examples import EXAMPLES
from schemas.feed import Query
from schemas.fields import LETTERS
from schemas.vocabulary import MEANINGS

Document = dict[str, Any]
Field = fields.Field[Any]

UNKNOWN_VALUES = "More values may be added: treat one that you do not know like none."
# Python's end of a text, which RE2 and Java do not read: their `$` matches at the end alone.
_END = re.compile(r"\$\(\?!\\n\)|\\Z")
_LETTER_OR_DIGIT = r"[^\W_]", f"[{LETTERS}]"
_WITHOUT_NUL = r"^[^\x00]*$"
_WHOLE_SECONDS = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_YEARS_TAKEN = r"^(1[89]|2[01])[0-9]{2}-"
_TYPES: dict[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": float,
    "array": list,
    "object": dict,
}
# Values that say no more than an absent one does.
_NO_DEFAULT: tuple[object, ...] = (None, "", [], {})


class Converter(OpenAPIConverter):
    """A converter of marshmallow's schemas and fields to JSON Schema."""

    def schema2jsonschema(self, schema: Any) -> Document:
        instance = resolve_schema_instance(schema)
        if hasattr(instance, "discriminator"):
            return self._discriminated(instance)
        found: Document = super().schema2jsonschema(instance)  # type: ignore[no-untyped-call]
        if (said := _own_doc(type(instance))) is not None:
            found["description"] = said
        if _is_request(instance):
            return self._limited(found, instance)
        found.pop("additionalProperties", None)
        shown = {field.data_key or name: field for name, field in instance.fields.items()}
        always = [name for name, field in shown.items() if not field.metadata.get("optional")]
        return found | ({"required": sorted(always)} if always else {})

    def field2property(self, field: Field) -> Document:
        found: Document = super().field2property(field)
        if "default" in found and found["default"] in _NO_DEFAULT:
            del found["default"]
        request = field.root is not None and _is_request(field.root)
        self._bound_text(field, found, request=request)
        self._describe(field, found)
        _name_keys(self, field, found)
        if request:
            _bound_keys(self, field, found)
        elif "enum" in found and len(found["enum"]) > 1:
            found["x-extensible-enum"] = [each for each in found["enum"] if each is not None]
            found["description"] = f"{found.get('description', '')} {UNKNOWN_VALUES}".strip()
        return found

    def _field2parameter(self, field: Field, *, name: str, location: str) -> Document:
        """Describe a parameter without null, which a query does not have: it is left out there."""
        found: Document = super()._field2parameter(field, name=name, location=location)
        schema = found["schema"]
        if "null" in (kinds := _types(schema)):
            schema["type"] = next(kind for kind in kinds if kind != "null")
        if "enum" in schema:
            schema["enum"] = [each for each in schema["enum"] if each is not None]
        if found["required"] and schema["type"] == "string":
            schema.setdefault("minLength", 1)
        return found

    def _discriminated(self, schema: Any) -> Document:
        """Describe one of several answers, told apart by a member with another constant in each."""
        member, variants = schema.discriminator, schema.variants
        references = {
            value: self.resolve_nested_schema(each)  # type: ignore[no-untyped-call]
            for value, each in variants.items()
        }
        mapping = {value: reference["$ref"] for value, reference in references.items()}
        return {
            "description": _own_doc(type(schema)),
            "oneOf": [*references.values()],
            "discriminator": {"propertyName": member, "mapping": mapping},
        }

    def _limited(self, found: Document, schema: Schema) -> Document:
        """Add rules for several members: at least one in all, one of some, not both of two."""
        if getattr(schema, "says_something", False):
            found["minProperties"] = 1
        if both := getattr(schema, "not_both", ()):
            said = {"minLength": 1, "not": {"type": "null"}}
            found["not"] = {"required": [*both], "properties": dict.fromkeys(both, said)}
        for rule, word in (("exactly_one_of", "oneOf"), ("at_least_one_of", "anyOf")):
            if names := getattr(schema, rule, ()):
                others = names if word == "oneOf" else ()
                return self._alternatives(found, type(schema).__name__, word, names, others)
        return found

    def _alternatives(
        self, whole: Document, of: str, word: str, names: tuple[str, ...], others: tuple[str, ...]
    ) -> Document:
        """Make a schema for each, of which generators make types; they ignore a mere `required`."""
        return {
            "description": whole.get("description", of),
            word: [self._alternative(whole, of, name, {*others} - {name}) for name in names],
        }

    def _alternative(self, whole: Document, of: str, name: str, without: set[str]) -> Document:
        members = {key: each for key, each in whole["properties"].items() if key not in without}
        if members[name].get("type") == "array":
            members[name] = {"minItems": 1, **members[name]}
        title = f"{of}With{''.join(part.title() for part in name.split('_'))}"
        required = sorted({*whole.get("required", ()), name})
        self.spec.components.schema(title, whole | {"properties": members, "required": required})
        return {"$ref": f"#/components/schemas/{title}"}

    def _describe(self, field: Field, found: Document) -> None:
        if isinstance(field.parent, fields.Field):  # what a list holds is described at the list
            return
        name = field.data_key or field.name or ""
        if "description" not in found and name in MEANINGS:
            found["description"] = MEANINGS[name]
        if "examples" in found or _has_no_example(found) or name not in EXAMPLES:
            return
        example = EXAMPLES["day" if found.get("format") == "date" else name]
        if _fits(example, found):
            found["examples"] = [example]

    def _bound_text(self, field: Field, found: Document, *, request: bool) -> None:
        if isinstance(field, fields.DateTime):
            found["pattern"] = _YEARS_TAKEN if request else _WHOLE_SECONDS
        elif "pattern" in found:
            found["pattern"] = _portable(found["pattern"])
        elif request and _is_text(found) and "enum" not in found and "format" not in found:
            found["pattern"] = _WITHOUT_NUL


class AnswersOpenRequestsClosed(MarshmallowPlugin):
    """The plugin of apispec with the rules above."""

    Converter = Converter


def _is_request(schema: Any) -> bool:
    return isinstance(schema, Body | Query)


def _own_doc(kind: type[Schema]) -> str | None:
    """The docstring of this very class as one paragraph after another."""
    if not vars(kind).get("__doc__"):
        return None
    paragraphs = (getdoc(kind) or "").split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def _types(found: Document) -> list[str]:
    kind = found.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _is_text(found: Document) -> bool:
    return "string" in _types(found)


def _has_no_example(found: Document) -> bool:
    return "$ref" in found or "anyOf" in found or "allOf" in found


def _fits(example: Any, found: Document) -> bool:
    """Whether the example of a name is one of this member, which may be of another kind."""
    if type(example) not in {_TYPES.get(kind) for kind in _types(found)}:
        return False
    pattern = found.get("pattern", "") if isinstance(example, str) else ""
    return example in found.get("enum", [example]) and bool(re.search(pattern, str(example)))


def _portable(pattern: str) -> str:
    return _END.sub("$", pattern).replace(*_LETTER_OR_DIGIT)


def _bound_keys(converter: Converter, field: Field, found: Document) -> None:
    """Correct a mapping's limits, which apispec writes like a text's, and describe its keys."""
    if not isinstance(field, fields.Dict):
        return
    for word, right in (("minLength", "minProperties"), ("maxLength", "maxProperties")):
        if word in found:
            found[right] = found.pop(word)
    if field.key_field is not None:
        keys = converter.field2property(field.key_field)
        found["propertyNames"] = {"pattern": _WITHOUT_NUL} | {
            word: keys[word] for word in ("minLength", "maxLength", "pattern") if word in keys
        }


def _name_keys(converter: Converter, field: Field, found: Document) -> None:
    """Describe keys of a closed set as optional members: generators ignore `propertyNames`."""
    if isinstance(field, fields.Dict) and field.key_field is not None:
        keys = converter.field2property(field.key_field).get("enum", ())
        if keys:
            found["properties"] = dict.fromkeys(keys, found.pop("additionalProperties"))
            found["description"] = f"{found.get('description', '')} {UNKNOWN_VALUES}".strip()
