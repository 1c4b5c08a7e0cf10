"""`tagwire links`: explain, diff, generate, import."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tagwire import main
from tests.factories import publish

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(app: Flask) -> Run:
    """A `tagwire links` command in this process: exit code, standard output, standard error."""

    def command(*words: object) -> tuple[int, str, str]:
        arguments = ["links", *map(str, words)]
        done = app.test_cli_runner().invoke(main, arguments, catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    return command


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "https://news.test/tag/x",
            ["screen tag tag=x", "route /tag/{tag}", 'opens the app: rule 27 {"/":"/tag/?*"}'],
        ),
        (
            "https://news.test/tag/Node.js.rss",
            ["stays on the web: never_open /*.rss", '{"/":"/*.*.rss","exclude":true}'],
        ),
        ("https://news.test/l/abc", ["the short link leads to", '{"/":"/l/?*"}']),
        ("https://news.test/l/abc/qr.svg", ["stays on the web: never_open /*.svg"]),
        ("testnews://article/7", ["screen article id=7", "web http://news.test/article/7"]),
        (
            "https://news.test/tag/x?web=1",
            ["the reader asked for the web", '{"?":{"web":"1"},"exclude":true}'],
        ),
        ("https://news.test/v1/feed", ["never_open /v1/*", '{"/":"/v1/*","exclude":true}']),
        ("https://news.test/a/b", ["no route has this path", "screen home"]),
        ("https://open.news.test/", ["screen home", "opens the app"]),
    ],
)
def test_an_address_is_explained_for_every_platform(run: Run, url: str, said: list[str]) -> None:
    code, out, _ = run("explain", url)

    assert code == 0
    for text in said:
        assert text in out
    assert [line.split()[0] for line in out.splitlines() if line[0] != " "] == [
        "server",
        "apple",
        "android",
    ]


def test_another_sites_address_is_refused(run: Run) -> None:
    code, _, err = run("explain", "https://evil.test/tag/x")

    assert code == 1
    assert "another site" in err


def changed(app_toml: Path, tmp_path: Path, *edits: tuple[str, str]) -> Path:
    text = app_toml.read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.toml"
    path.write_text(text)
    return path


def test_the_same_table_changes_nothing(run: Run, app_toml: Path) -> None:
    code, out, _ = run("diff", app_toml, app_toml, "--check")

    assert (code, out) == (0, "0 known addresses change behaviour.\n")


def test_a_path_taken_from_the_app_is_told_for_every_page(
    run: Run, app_toml: Path, tmp_path: Path, client: FlaskClient
) -> None:
    articles = [publish(client) for _ in range(3)]
    new = changed(app_toml, tmp_path, ('"/download"]', '"/download", "/article/7/*"]'))
    worse = changed(app_toml, tmp_path, ('screen = "article"\npath = "/article/', _MOVED))

    _, harmless, _ = run("diff", app_toml, new)
    code, out, _ = run("diff", app_toml, worse, "--show", 100, "--check")

    assert articles[0]["url"].removeprefix("http://news.test") not in harmless
    assert code == 1
    assert "loses the app" in out
    assert "gains the app" in out  # the addresses of the new path
    for article in articles:
        path = article["url"].removeprefix("http://news.test")
        assert f"https://news.test{path}\n    article(id={article['id']}," in out
    assert "->  home() on the web only" in out


_MOVED = 'screen = "article"\npath = "/stories/'


def test_another_screen_and_another_host_are_told(run: Run, app_toml: Path, tmp_path: Path) -> None:
    renamed = changed(
        app_toml,
        tmp_path,
        ('open_host = "open.news.test"', 'open_host = "app.news.test"'),
        ('path = "/tag/{tag}"', 'path = "/tag/{tag}"\n\n[[routes]]\nscreen = "pair"\n' + _PAIR),
    )

    _, out, _ = run("diff", app_toml, renamed, "--show", 100)

    assert "https://news.test/tag/1\n    tag(tag=1) on iOS and Android  ->  pair()" in out
    assert "https://open.news.test/\n    home() on iOS and Android  ->  another site's" in out
    assert "https://app.news.test/\n    another site's  ->  home() on iOS and Android" in out


_PAIR = 'path = "/tag/1"'


def test_a_table_that_cannot_be_used_is_named(run: Run, app_toml: Path, tmp_path: Path) -> None:
    twin = changed(app_toml, tmp_path, ('"/source/{slug}"', '"/tag/{name}"'))

    code, _, err = run("diff", app_toml, twin)

    assert code == 1
    assert "/tag/{tag} and /tag/{name} match the same paths" in err


def test_sources_are_written_to_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "Routes.kt"
    code, out, _ = run("generate", "--lang", "kotlin", "--output", path)
    _, printed, _ = run("generate", "--lang", "kotlin")
    failed, _, err = run("generate", "--lang", "swift", "--output", tmp_path / "no" / "x.swift")

    assert (code, out) == (0, "")
    assert path.read_text() == printed
    assert failed == 1
    assert "no such file" in err
