"""What breaks a client that was made from an older document, and what does not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tools.contract import HEADING, how_to_accept, not_accepted
from tools.contract_diff import breaking

Tree = dict[str, Any]
Edit = Callable[[Tree], object]

LIST = "GET /things"
MAKE = "POST /things"

DOCUMENT: Tree = {
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "tags": ["things"],
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}},
                    {"in": "query", "name": "q", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "headers": {"Link": {"schema": {"type": "string"}}},
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["things"],
                                    "properties": {
                                        "things": {
                                            "type": "array",
                                            "items": {"$ref": "#/components/schemas/Thing"},
                                        }
                                    },
                                }
                            }
                        },
                    }
                },
            },
            "post": {
                "operationId": "makeThing",
                "security": [{"key": ["editor", "publisher"]}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Draft"}}
                    }
                },
                "responses": {"201": {"description": "Made"}, "422": {"description": "No"}},
            },
        }
    },
    "webhooks": {
        "thing.made": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    }
                },
                "responses": {"204": {"description": "Taken"}},
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id", "kind", "parent"],
                "properties": {
                    "id": {"type": "string"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "at": {"type": "string", "format": "date-time"},
                    "parent": {"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]},
                },
            },
            "Draft": {
                "type": "object",
                "additionalProperties": True,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 200},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "size": {"type": ["integer", "null"], "minimum": 1},
                    "of": {
                        "oneOf": [
                            {"type": "object", "properties": {"by": {"const": "id"}}},
                            {"type": "object", "properties": {"by": {"const": "name"}}},
                        ]
                    },
                },
            },
        }
    },
}


def listing(tree: Tree) -> Tree:
    return tree["paths"]["/things"]["get"]  # type: ignore[no-any-return]


def making(tree: Tree) -> Tree:
    return tree["paths"]["/things"]["post"]  # type: ignore[no-any-return]


def member(tree: Tree, schema: str, name: str) -> Tree:
    return tree["components"]["schemas"][schema]["properties"][name]  # type: ignore[no-any-return]


def schema(tree: Tree, name: str) -> Tree:
    return tree["components"]["schemas"][name]  # type: ignore[no-any-return]


def answered(tree: Tree) -> Tree:
    return listing(tree)["responses"]["200"]  # type: ignore[no-any-return]


def rename_the_draft(tree: Tree) -> None:
    schemas = tree["components"]["schemas"]
    schemas["Item"] = schemas.pop("Draft")
    body = making(tree)["requestBody"]["content"]["application/json"]
    body["schema"] = {"$ref": "#/components/schemas/Item"}


BREAKS: list[tuple[Edit, str]] = [
    (lambda d: d["paths"].pop("/things"), f"{LIST}: removed"),
    (lambda d: d["paths"]["/things"].pop("post"), f"{MAKE}: removed"),
    (
        lambda d: listing(d).update(operationId="getThings"),
        f"{LIST}: operationId was listThings, is getThings",
    ),
    (lambda d: listing(d).update(tags=["all"]), f"{LIST}: tag was things, is all"),
    (lambda d: listing(d)["parameters"].pop(), f"{LIST}: query parameter q: removed"),
    (
        lambda d: listing(d)["parameters"][1].update(required=True),
        f"{LIST}: query parameter q: newly required",
    ),
    (
        lambda d: listing(d)["parameters"].append({"in": "header", "name": "X", "required": True}),
        f"{LIST}: header parameter X: newly required",
    ),
    (
        lambda d: listing(d)["parameters"][0]["schema"].update(maximum=50),
        f"{LIST}: query parameter limit: maximum was 100, is 50",
    ),
    (
        lambda d: listing(d)["parameters"][0]["schema"].update(minimum=1),
        f"{LIST}: query parameter limit: minimum was None, is 1",
    ),
    (
        lambda d: listing(d)["parameters"][1]["schema"].update(pattern="^a"),
        f"{LIST}: query parameter q: pattern was None, is ^a",
    ),
    (
        lambda d: listing(d).update(security=[{"key": []}]),
        f"{LIST}: anybody may not call it any more",
    ),
    (
        lambda d: making(d).update(security=[{"key": ["editor"]}]),
        f"{MAKE}: key publisher may not call it any more",
    ),
    (lambda d: making(d)["requestBody"].update(required=True), f"{MAKE}: body: newly required"),
    (
        lambda d: making(d)["requestBody"].update(content={"text/plain": {}}),
        f"{MAKE}: body: application/json removed",
    ),
    (lambda d: making(d)["responses"].pop("201"), f"{MAKE}: answer 201: removed"),
    (lambda d: answered(d)["headers"].clear(), f"{LIST}: answer 200: header Link: removed"),
    (
        lambda d: schema(d, "Thing")["properties"].pop("at"),
        f"{LIST}: answer 200.things[].at: removed",
    ),
    (
        lambda d: schema(d, "Thing")["required"].remove("id"),
        f"{LIST}: answer 200.things[].id: may be absent now",
    ),
    (
        lambda d: member(d, "Thing", "id").update(type=["string", "null"]),
        f"{LIST}: answer 200.things[].id: null is possible now",
    ),
    (
        lambda d: member(d, "Thing", "id").update(type="integer"),
        f"{LIST}: answer 200.things[].id: integer is possible now",
    ),
    (
        lambda d: member(d, "Thing", "at").pop("format"),
        f"{LIST}: answer 200.things[].at: format was date-time, is None",
    ),
    (
        lambda d: member(d, "Thing", "kind").pop("enum"),
        f"{LIST}: answer 200.things[].kind: its values are no longer listed",
    ),
    (
        lambda d: member(d, "Draft", "kind")["enum"].remove("b"),
        f"{MAKE}: body.kind: value 'b' is refused now",
    ),
    (
        lambda d: member(d, "Draft", "name").update(enum=["x"]),
        f"{MAKE}: body.name: only some values are taken now",
    ),
    (
        lambda d: schema(d, "Draft")["required"].append("size"),
        f"{MAKE}: body.size: newly required",
    ),
    (
        lambda d: schema(d, "Draft").update(additionalProperties=False),
        f"{MAKE}: body: other members are refused now",
    ),
    (lambda d: schema(d, "Draft")["properties"].pop("size"), f"{MAKE}: body.size: removed"),
    (
        lambda d: member(d, "Draft", "size").update(type="integer"),
        f"{MAKE}: body.size: null is refused now",
    ),
    (
        lambda d: member(d, "Draft", "size").update(minimum=2),
        f"{MAKE}: body.size: minimum was 1, is 2",
    ),
    (
        lambda d: member(d, "Draft", "name").update(maxLength=100),
        f"{MAKE}: body.name: maxLength was 200, is 100",
    ),
    (
        lambda d: member(d, "Draft", "name").update(format="uri"),
        f"{MAKE}: body.name: format was None, is uri",
    ),
    (lambda d: member(d, "Draft", "of")["oneOf"].pop(), f"{MAKE}: body.of(name): removed"),
    (lambda d: member(d, "Draft", "of").pop("oneOf"), f"{MAKE}: body.of: no choice any more"),
    (lambda d: d["webhooks"].clear(), "webhook thing.made: removed"),
    (
        lambda d: schema(d, "Thing")["required"].remove("id"),
        "webhook thing.made: body.id: may be absent now",
    ),
    (rename_the_draft, "schema Draft: removed or renamed"),
]

HARMLESS: list[Edit] = [
    lambda d: d["paths"].update({"/more": {"get": {"responses": {}}}}),
    lambda d: listing(d)["parameters"].append({"in": "query", "name": "sort", "schema": {}}),
    lambda d: d["paths"]["/things"].update(parameters=[listing(d)["parameters"].pop()]),
    lambda d: listing(d)["parameters"][0]["schema"].update(maximum=200, type="number"),
    lambda d: listing(d)["parameters"][1]["schema"].update(minLength=0),
    lambda d: making(d)["responses"].update({"409": {"description": "No"}}),
    lambda d: making(d)["responses"].pop("422"),
    lambda d: making(d).update(security=[]),
    lambda d: schema(d, "Thing")["properties"].update(more={"type": "string"}),
    lambda d: schema(d, "Thing")["required"].append("at"),
    lambda d: member(d, "Thing", "kind")["enum"].append("c"),
    lambda d: schema(d, "Draft")["properties"].update(more={"type": "string"}),
    lambda d: schema(d, "Draft")["required"].clear(),
    lambda d: member(d, "Draft", "kind")["enum"].append("c"),
    lambda d: member(d, "Draft", "name").update(type=["string", "null"]),
    lambda d: member(d, "Draft", "size").pop("minimum"),
    lambda d: member(d, "Thing", "id").update(description="Ours", examples=["t1"]),
    lambda d: member(d, "Thing", "parent").update(
        anyOf=[{"type": "null"}, {"allOf": [{"$ref": "#/components/schemas/Thing"}]}]
    ),
    lambda d: member(d, "Draft", "of")["oneOf"].reverse(),
]


def edited(edit: Edit) -> Tree:
    changed = copy.deepcopy(DOCUMENT)
    edit(changed)
    assert changed != DOCUMENT
    return changed


@pytest.mark.parametrize(("edit", "told"), BREAKS, ids=[told for _, told in BREAKS])
def test_what_breaks_a_client_is_named_with_its_operation_and_place(edit: Edit, told: str) -> None:
    assert told in breaking(DOCUMENT, edited(edit))


@pytest.mark.parametrize("edit", HARMLESS)
def test_what_breaks_nobody_is_not_named(edit: Edit) -> None:
    assert breaking(DOCUMENT, edited(edit)) == []


def test_a_document_breaks_nothing_of_itself_or_of_none() -> None:
    assert breaking(DOCUMENT, DOCUMENT) == []
    assert breaking({}, DOCUMENT) == []


def test_a_break_is_accepted_by_a_line_of_the_changelog_and_nowhere_else() -> None:
    change = f"{LIST}: removed"

    assert not_accepted([change], f"`{change}`\n{HEADING}\n") == [change]
    assert not_accepted([change], f"{HEADING}\n- `{change}`: use another.\n") == []
    assert not_accepted([change], f"{HEADING}\n- `GET *: removed`: use another.\n") == []
    assert not_accepted([change], f"{HEADING}\n- `POST *: removed`: use another.\n") == [change]
    assert not_accepted([change], f"{HEADING}\nAn asterisk (`*`) is anything.\n") == [change]
    assert change in how_to_accept([change])
