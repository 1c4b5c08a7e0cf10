"""OpenAPI 3.1 document: what the views declare, and what all operations have in common."""

import copy
import re
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from flask import Flask, Response
from flask_smorest import Api, Blueprint

from backend.http import openapi_components as components
from backend.http import openapi_operations as operations
from backend.http.auth import Access, access_of, public
from backend.http.context import API
from backend.http.deprecation import deprecation_of
from backend.http.openapi_schemas import AnswersOpenRequestsClosed
from backend.http.responses import for_everyone, json_answer
from schemas import problem as wire

Document = dict[str, Any]

VERSION = "1.2.0"  # of the contract, not of the server
METHODS = {"get", "put", "post", "patch", "delete"}


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest without its own error shape: ours is RFC 9457."""

    ERROR_SCHEMA = wire.Problem()  # an instance: a class would be instantiated for each HTTP status

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Blueprint] = []
        self._describing = threading.Lock()
        self.webhooks: list[components.Webhooks] = []
        super().__init__(app, spec_kwargs={"marshmallow_plugin": AnswersOpenRequestsClosed()})

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Register the routes now, describe them lazily: it costs more than the rest of a start."""
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)

    def _register_responses(self) -> None:
        """Do nothing at the start: one for each HTTP status is a quarter of what an app costs."""

    def _register_error_handlers(self) -> None:
        """Do nothing: `backend.core.problems` handles every error of the app."""

    @cached_property
    def document(self) -> Document:
        """The OpenAPI document, built at the first request: all rooms have registered by then."""
        with self._describing:
            super()._register_responses()
            while self._undescribed:
                self._describe(self._undescribed.pop(0))
            webhooks = {
                name: operation
                for each in self.webhooks
                for name, operation in components.webhook_operations(each, self.ma_plugin.converter)
            }
        return described(self.spec.to_dict(), webhooks, self._app)

    def _describe(self, room: Blueprint) -> None:
        room.register_views_in_doc(self, self._app, self.spec, name=room.name, parameters=None)
        self.spec.tag({"name": room.name, "description": room.description})

    @public
    def _openapi_json(self) -> Response:
        """The contract as a document"""
        return for_everyone(json_answer(self.document))


def described(views: Mapping[str, Any], webhooks: Document, app: Flask) -> Document:
    """Complete what flask-smorest found at the views with what the server does for all of them."""
    document = copy.deepcopy(dict(views))
    document["info"]["description"] = components.INTRODUCTION
    document["servers"] = [{"url": "/", "description": "The host that this document is of"}]
    document["components"] |= components.common()
    document["webhooks"] = webhooks
    document["paths"] = {
        path: item for path, item in document["paths"].items() if path.startswith(API)
    }
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:<>]*:)?([^<>]+)>", r"{\1}", rule.rule)
        item = document["paths"].get(path, {})
        view = app.view_functions[rule.endpoint]
        access = access_of(view) or Access()
        for method in METHODS & item.keys() & {each.lower() for each in rule.methods or ()}:
            operations.complete(
                item[method], method, path, access, document["components"]["schemas"]
            )
            if deprecation_of(view) is not None:
                item[method]["deprecated"] = True
    operations.describe_paths(document["paths"].values())
    components.add_partial_answers(document)
    components.drop_unused(document)
    used = {tag for item in document["paths"].values() for tag in operations.tags_of(item)}
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in used]
    return document
