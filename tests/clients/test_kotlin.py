"""The Kotlin that an app is given compiles, and its router answers as the server does."""

import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from flask import Flask

from deeplinks.routing.resolve import resolve
from deeplinks.routing.routes import SHORT_LINK
from deeplinks.routing.settings import LinkSettings
from deeplinks.tools.codegen import screen_types, source_code
from tests.clients import generators
from tests.clients.generators import HERE, QUICK_START, ROOT, package, run
from tests.deeplinks.addresses import addresses, expected

GUIDE = ROOT / "docs" / "app" / "push-android.md"


@pytest.mark.slow
@pytest.mark.any_engine
def test_the_router_answers_as_the_server_and_the_guide_compiles_beside_it(
    app: Flask, tmp_path: Path
) -> None:
    generators.folder()
    settings: LinkSettings = app.extensions["deeplinks"].settings
    snippets = re.findall(r"^```kotlin\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    assert snippets
    (tmp_path / "Guide.kt").write_text("\n".join(snippets), encoding="utf-8")
    (tmp_path / "Routes.kt").write_text(source_code(settings, "kotlin"), encoding="utf-8")
    for source in (HERE / "kotlin").glob("*.kt"):
        shutil.copy(source, tmp_path)

    compile_all(tmp_path)
    told = answers(tmp_path, addresses())

    assert dict(zip(addresses(), told, strict=True)) == {
        url: wanted(settings, url) for url in addresses()
    }


def compile_all(folder: Path) -> None:
    compiler = package("kotlin-compiler/lib/kotlin-compiler.jar")
    command = ("java", QUICK_START, "-jar", compiler, "-Werror", "-no-reflect", "-d", "out")
    run(*command, *sorted(folder.glob("*.kt")), cwd=folder)


def answers(folder: Path, urls: list[str]) -> list[str]:
    library = package("kotlin-compiler/lib/kotlin-stdlib.jar")
    done = subprocess.run(
        ["java", QUICK_START, "-cp", f"out:{library}", "ScreensKt"],
        cwd=folder,
        input="".join(f"{b64encode(url.encode()).decode()}\n" for url in urls),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def wanted(settings: LinkSettings, url: str) -> str:
    screen = expected(settings, url)
    if screen is None:
        return "-"
    types = {each.name: each.type_name for each in screen_types(settings.table)}
    code = screen["params"].get("code")
    path = f"/l/{code}" if screen["name"] == SHORT_LINK else resolve(settings, url).path
    return f"{types[screen['name']]} {path}"
