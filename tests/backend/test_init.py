"""`tagwire init` asks six questions and writes what a server can be started with."""

import os
import shlex
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tagwire import main
from tests.flows.running import PASSED_ON
from tests.preloaded import run

CERTIFICATE = ":".join(["1A"] * 32)
ANSWERS = {
    "address": "https://news.example",
    "database": "data",
    "proxies": "1",
    "account": "",
    "iphone": "ABCDE12345.com.example.news 123456789",
    "android": f"com.example.news {CERTIFICATE}",
}


def asked(folder: Path, **answers: str) -> Result:
    given = "\n".join([*(ANSWERS | {"database": str(folder)} | answers).values(), "", ""])
    return CliRunner().invoke(main, ["init", str(folder)], input=given)


def test_what_it_writes_is_ready_but_for_the_account_of_firebase(tmp_path: Path) -> None:
    done = asked(tmp_path)
    assert done.exit_code == 0, done.output

    file = tmp_path / "environment"
    written = dict(line.split("=", 1) for line in file.read_text().splitlines())
    environ = {name: shlex.split(value)[0] for name, value in written.items()}
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}

    assert run(["db", "upgrade"], tmp_path, kept | environ).returncode == 0
    checked = run(["check"], tmp_path, kept | environ)
    assert [line.partition(":")[0] for line in checked.stdout.splitlines()] == ["PUSH_TRANSPORT"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert environ["SECRET_KEY"] not in done.output


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    asked(tmp_path)
    before = (tmp_path / "environment").read_text()

    again = asked(tmp_path)

    assert again.exit_code == 1
    assert "is there already" in again.output
    assert (tmp_path / "environment").read_text() == before


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        ("address", "http://news.example", "begins with https://"),
        ("address", "https://news.example/start", "nothing behind it"),
        ("database", "mysql://news", "begins with postgresql://"),
        ("account", "/nowhere.json", "There is no file"),
        ("iphone", "com.example.news", "Such as ABCDE12345.com.example.news"),
        ("android", "com.example.news 1A:2B", "Such as com.example.news"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(
    tmp_path: Path, name: str, wrong: str, said: str
) -> None:
    right = (ANSWERS | {"database": str(tmp_path)})[name]

    done = asked(tmp_path, **{name: f"{wrong}\n{right}"})

    assert done.exit_code == 0
    assert said in done.output
