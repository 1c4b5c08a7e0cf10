"""What comes from others is locked, and what must stay with us is not in the tree."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = tuple(sorted(path.name for path in ROOT.glob("requirements*.txt")))
SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\\?\s*[A-Za-z0-9+/]{40}",
    "a newsroom key": r"\btw_(?:editor|publisher)_[\w-]{43}\b",
    "a webhook's secret": r"\bwhsec_[A-Za-z0-9+/]{40,}",
    "a key of Google's": r"\bAIza[\w-]{35}\b",
    "a service account": r"\"private_key_id\":\s*\"[0-9a-f]{40}\"",
    "a key of AWS": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a token of GitHub's": r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{60,}",
    "a token of Slack's": r"\bxox[abprs]-[\w-]{20,}",
    "a password in an address": r"\b(?:postgresql\S*|redis|https?)://[\w.-]+:(?!\*|\$|<)[^\s@/:]{12,}@",
}
EXAMPLES = {
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 64,
    "a newsroom key": "tw_editor_" + "a" * 43,
    "a webhook's secret": "whsec_" + "A" * 43,
    "a key of Google's": "AIza" + "a" * 35,
    "a service account": '"private_key_id": "' + "0" * 40 + '"',
    "a key of AWS": "AKIA" + "A" * 16,
    "a token of GitHub's": "ghp_" + "a" * 36,
    "a token of Slack's": "xoxb-" + "1" * 24,
    "a password in an address": "postgresql+psycopg://news:" + "x" * 16 + "@db/news",
}


def test_no_secret_lies_in_the_tree() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), kind)
        for path in tracked()
        for kind, pattern in SECRETS.items()
        if re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
    }

    assert found == set()


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_of_each_kind_would_be_found(kind: str) -> None:
    assert re.search(SECRETS[kind], EXAMPLES[kind])


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_one_version_and_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]

    assert lines
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_a_package_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    """As `make` installs: nothing but what the lock file names, byte by byte."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = re.findall(r"pip install .*-r \S+", recipe)
    assert installs
    assert [line for line in installs if "--require-hashes" not in line] == []

    wheel = tmp_path / "click-99.0-py3-none-any.whl"
    wheel.write_bytes(b"not what was locked")
    lock = tmp_path / "lock.txt"
    lock.write_text(f"click @ {wheel.as_uri()} --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    words = ["-m", "pip", "install", "--no-index", "--no-deps", "--require-hashes"]
    target = ["--target", str(tmp_path / "there"), "-r", str(lock)]
    done = subprocess.run(
        [sys.executable, *words, *target], capture_output=True, text=True, timeout=60
    )

    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "there").exists()


def test_no_security_rule_is_left_out_whole() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lint = config["tool"]["ruff"]["lint"]
    codes = [
        *lint["ignore"],
        *(code for each in lint["per-file-ignores"].values() for code in each),
    ]

    assert "S" in lint["select"]
    assert [code for code in codes if re.fullmatch(r"S\d{0,2}", code)] == []
    assert [code for code in lint["ignore"] if re.fullmatch(r"S\d+", code)] == []


def tracked() -> Iterator[Path]:
    """The files of the project: what is tracked, or, in an archive without history, all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    names = [name for name in listed.stdout.split("\0") if name]
    paths = [ROOT / name for name in names] or [*ROOT.rglob("*")]
    return (path for path in paths if path.is_file() and ".venv" not in path.parts)
