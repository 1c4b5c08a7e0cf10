"""The guides as MkDocs reads them: `python -m tools.documentation build/docs`, part of `make docs`.

With `--built build/site` it says which pages of the finished site would ask another server.
Every guide at its place in the repository, so that links lead where they led, and beside them the
reference, which is made of the code: settings, commands, metrics, the API and webhooks.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from marshmallow import fields, missing
from marshmallow.validate import Length, OneOf, Range, Regexp

from backend.core import migrate
from backend.core.db import db
from backend.core.environment import Environment
from backend.http.context import current_context
from push.editorial.settings import Environment as PushEnvironment
from tagwire import main as tagwire
from tools.contract import COMMITTED, ROOT
from wsgi import compose

GUIDES = ("*.md", "docs", "examples", "LICENSE", "NOTICE")
KINDS = {fields.Integer: "whole number", fields.Float: "number", fields.Boolean: "0 or 1"}
FEW = 200  # letters of choices
# What a browser asks for by itself, in a page and in a style.
ASKED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|link)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//"""
    r"""|(?:url\(|@import\s*)["']?(?:https?:)?//|class="mermaid\""""
)
Document = dict[str, Any]


def main(folder: Path, *, is_built: bool) -> int:
    if is_built:
        found = asks_others(folder)
        sys.stderr.writelines(f"{path} asks another server\n" for path in found)
        return 1 if found else 0
    write(folder)
    return 0


def asks_others(site: Path) -> list[Path]:
    """The pages and styles that make a reader's browser ask somebody else."""
    paths = (path for kind in ("html", "css") for path in sorted(site.rglob(f"*.{kind}")))
    return [path for path in paths if ASKED.search(path.read_text(encoding="utf-8"))]


def write(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path in _tracked():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    document: Document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    pages: dict[str, Callable[[], Iterator[str]]] = {
        "settings": settings,
        "commands": commands,
        "metrics": metrics,
        "api": lambda: api(document),
        "webhooks": lambda: webhooks(document),
    }
    reference = folder / "docs" / "reference"
    reference.mkdir()
    for name, lines in pages.items():
        (reference / f"{name}.md").write_text("\n".join(lines()) + "\n", encoding="utf-8")


def settings() -> Iterator[str]:
    yield "# Settings\n\nEvery variable that is read, with what it may be."
    yield "[The operators' guide](../operations.md#settings) says what each is for.\n"
    yield "| variable | default | what it may be |\n|---|---|---|"
    read = {**Environment().fields, **PushEnvironment().fields}
    for name, each in sorted(read.items()):
        yield f"| `{name}` | {_default(each)} | {'; '.join(_allowed(each))} |"


def commands() -> Iterator[str]:
    yield "# Commands\n\nWhat `--help` says of each. Exit codes are those of"
    yield "[the operators' guide](../operations.md#commands).\n"
    yield from _commands(tagwire, "tagwire")


def metrics() -> Iterator[str]:
    yield "# Metrics\n\nWhat `/metrics` tells from the start."
    yield "[What to watch](../operations.md#metrics).\n"
    yield "| metric | kind | what it counts |\n|---|---|---|"
    text = _exposition()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    for name, about in sorted(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE)):
        yield f"| `{name}` | {kinds[name]} | {about} |"


def api(document: Document) -> Iterator[str]:
    yield "# The API\n\nEvery call of [openapi.json](../contract/openapi.json)."
    yield "A server shows the same at `/v1/docs`. [What the API promises](../api.md)."
    for tag in document["tags"]:
        yield f"\n## {tag['description']}"
        for path, item in document["paths"].items():
            for method, call in item.items():
                if method != "parameters" and call["tags"] == [tag["name"]]:
                    yield f"\n### `{method.upper()} {path}`"
                    yield from _call(call, item.get("parameters", []), document)


def webhooks(document: Document) -> Iterator[str]:
    yield "# Messages of webhooks\n\nWhat each event tells in `data`."
    yield "[How they arrive](../webhooks.md)."
    for event, item in document["webhooks"].items():
        body = _followed(item["post"]["requestBody"], document)["content"]["application/json"]
        data = _followed(_followed(body["schema"], document)["properties"]["data"], document)
        yield f"\n## `{event}`\n\n{item['post']['summary']}.\n\n| member | what it is |\n|---|---|"
        for name, member in data.get("properties", {}).items():
            known = _followed(member, document)
            about = member.get("description") or known.get("description") or ""
            among = ", ".join(f"`{each}`" for each in known.get("enum", []) if each is not None)
            yield f"| `{name}` | {_in_cell(about or among)} |"


def _tracked() -> list[str]:
    command = ["git", "ls-files", "-z", "--", *GUIDES, "clients/*/README.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return listed.strip("\0").split("\0")


def _default(each: fields.Field[Any]) -> str:
    default = each.load_default
    if default in (None, "") or callable(default) or default is missing:
        return "-"
    return f"`{int(default) if isinstance(default, bool) else default}`"


def _allowed(each: fields.Field[Any]) -> Iterator[str]:
    yield next((name for kind, name in KINDS.items() if isinstance(each, kind)), "text")
    for rule in each.validators:
        if isinstance(rule, Range):
            yield f"{rule.min} to {rule.max}"
        elif isinstance(rule, OneOf):
            few = ", ".join(f"`{choice}`" for choice in rule.choices)
            yield f"one of {few}" if len(few) < FEW else rule.error.rstrip(".")
        elif isinstance(rule, Length) and rule.min:
            yield f"at least {rule.min} characters"
        elif isinstance(rule, Regexp):
            yield f"as in `{_in_cell(str(rule.regex.pattern))}`"


def _commands(command: click.Command, words: str) -> Iterator[str]:
    context = click.Context(command, info_name=words)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield from _commands(found, f"{words} {name}")
        return
    yield f"\n## `{words}`\n\n```text\n{command.get_help(context)}\n```"


def _exposition() -> str:
    """Return the metrics of a server that has just started, with every one at zero."""
    with tempfile.TemporaryDirectory(prefix="tagwire-docs-") as folder:
        environ = {
            "DATABASE_URL": f"sqlite:///{folder}/tagwire.db",
            "PUSH_TRANSPORT": "local",
            "SECRET_KEY": "of-no-use-to-anybody-" * 2,
        }
        app = compose(environ, Path(folder))
        with app.app_context():
            migrate.upgrade(now=current_context().now())
            text = (
                app.test_client()
                .get("/metrics", base_url="http://127.0.0.1")
                .get_data(as_text=True)
            )
            db.engine.dispose()
    return text


def _call(call: Document, shared: list[Document], document: Document) -> Iterator[str]:
    yield f"\n{call['summary']}.\n\n{call.get('description', '')}"
    parameters = [_followed(each, document) for each in [*shared, *call.get("parameters", [])]]
    if parameters:
        yield "\n| parameter | in | what it is |\n|---|---|---|"
    for each in parameters:
        needed = " (needed)" if each.get("required") and each["in"] != "path" else ""
        about = _in_cell(each.get("description", ""))
        yield f"| `{each['name']}` | {each['in']}{needed} | {about} |"
    yield f"\nAnswers: {', '.join(f'`{status}`' for status in call['responses'])}."


def _followed(item: Document, document: Document) -> Document:
    """Resolve a reference to the item that it leads to."""
    while "$ref" in item:
        found: Any = document
        for name in item["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        item = found
    return item


def _in_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[-1]), is_built="--built" in sys.argv))
