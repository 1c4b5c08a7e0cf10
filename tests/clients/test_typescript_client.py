"""`clients/typescript` compiles, shows every story, and keeps lists against a real server."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.clients import generators
from tests.clients.conftest import TAG, Newsroom
from tests.clients.generators import HERE, node, package, run
from tests.flows.running import KEY
from tools.app_contract import main as write_app_part
from tools.contract import ROOT

CLIENT = ROOT / "clients" / "typescript"
GUIDES = ROOT / "docs" / "app"
# The programs of the other guides, and what the last of each says at its end.
MORE = {
    "feeds-and-offline": "0 pinned",
    "stores-and-campaigns": "nobody sent this reader",
    "taps-and-links": "browser {url}/tag/{tag}?web=1",
}
# What the guide's server and its demonstration news are called.
AT_HOME = "http://127.0.0.1:8000"
TOLD_OF = "Harbour"
GENERATE = ("links", "generate", "--lang", "typescript", "--output")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, newsroom: Newsroom) -> Path:
    """The client and, among its tests, the snippets of each guide as one program."""
    generators.folder()
    folder = tmp_path_factory.mktemp("typescript") / "client"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (folder / "node_modules").symlink_to(package(""))
    for name in ("first-hour", *MORE):
        (folder / "test" / f"{name}.ts").write_text(guide(name, newsroom.url), encoding="utf-8")
    run(sys.executable, "-m", "tagwire", *GENERATE, folder / "test" / "routes.ts", cwd=ROOT)
    node(package("typescript/bin/tsc"), "-p", ".", cwd=folder)
    return folder


def guide(name: str, url: str) -> str:
    text = (GUIDES / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```ts\n(.*?)^```", text, re.M | re.S)
    return "\n".join(blocks).replace(AT_HOME, url).replace(TOLD_OF, TAG)


def test_it_is_tried_with_the_packages_that_it_names() -> None:
    own = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))
    tried = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    named = own["dependencies"] | own["devDependencies"]

    assert named == {name: tried[name] for name in named}


def test_its_types_are_those_of_the_contract(tmp_path: Path) -> None:
    generators.folder()
    write_app_part(str(tmp_path / "app.json"))
    words = ("app.json", "--default-non-nullable=false", "-o", "schema.ts")

    node(package("openapi-typescript/bin/cli.js"), *words, cwd=tmp_path)

    if (tmp_path / "schema.ts").read_bytes() != (CLIENT / "src" / "schema.ts").read_bytes():
        pytest.fail("src/schema.ts is not what the contract says: run `make client-types`")


def test_each_part_does_what_it_says(compiled: Path) -> None:
    node("dist/test/parts.js", cwd=compiled)


def test_it_shows_what_every_story_says(compiled: Path) -> None:
    node("dist/test/vectors.js", ROOT / "clients" / "vectors", cwd=compiled)


def test_its_lists_stay_right_while_news_happen_and_the_network_goes(
    compiled: Path, newsroom: Newsroom
) -> None:
    told = node("dist/test/live.js", newsroom.url, KEY, "7", cwd=compiled)

    assert int(told.split()[2]) > 20, told


def test_the_guide_runs_from_top_to_bottom(compiled: Path) -> None:
    shown = node("dist/test/first-hour.js", cwd=compiled).splitlines()

    assert shown[-5:] == [
        "a message for the reader",
        "A test alert",
        f"the list of {TAG}",
        f"the list of {TAG}",
        "the first screen",
    ]
    assert {"Three", "One"} <= set(shown)


def test_every_guide_with_snippets_is_run() -> None:
    with_snippets = {path.stem for path in GUIDES.glob("*.md") if "```ts\n" in path.read_text()}

    assert with_snippets == {"first-hour", *MORE}


@pytest.mark.parametrize("name", MORE)
def test_the_other_guides_run_too(compiled: Path, newsroom: Newsroom, name: str) -> None:
    shown = node(f"dist/test/{name}.js", cwd=compiled).splitlines()

    assert shown[-1] == MORE[name].format(url=newsroom.url, tag=TAG)


def test_the_guide_s_service_worker_shows_an_alert_and_opens_it(tmp_path: Path) -> None:
    generators.folder()
    text = (GUIDES / "push-web.md").read_text(encoding="utf-8")
    worker = re.findall(r"^```js\n(.*?)^```", text, re.M | re.S)
    messages = re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
    (tmp_path / "worker.js").write_text("\n".join(worker), encoding="utf-8")
    (tmp_path / "messages.json").write_text(f"[{','.join(messages)}]", encoding="utf-8")

    shown = node(HERE / "worker.js", cwd=tmp_path).splitlines()

    assert shown == [
        "show Harbour bridge closed tw-ntf_1",
        "show Harbour bridge open tw-ntf_1",
        "confirm a-nonce",
        "open https://news.example/article/8f14e45fceea",
        "open https://news.example/tag/Harbour",
    ]
