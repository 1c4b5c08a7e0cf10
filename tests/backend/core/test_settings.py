"""What the environment may say, and how a value that cannot be used is refused."""

import stat
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine

from backend.core.environment import Environment, read
from backend.core.postgresql import conninfo
from backend.core.settings import SettingsError
from backend.core.vapid import new_key
from push.editorial import settings as push
from tests.flows.running import ROOT

APP = {"APP_CONFIG": str(ROOT / "app.toml")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://user:hidden-word@host/news"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:////proc/hidden-word/news.db"),
        ("PUBLIC_URL", "news.example"),
        ("PUBLIC_URL", "ftp://news.example"),
        ("PUBLIC_URL", "https://news.example/path"),
        ("PUBLIC_URL", "https://editor:hidden-word@news.example"),
        ("PUBLIC_URL", "https://news example"),
        ("SECRET_KEY", "hidden-word"),
        ("SECRET_KEY", "long-enough-to-be-a-key,hidden-word"),
        ("NEWSROOM_KEY", "short"),
        ("OPERATIONS_TOKEN", "short"),
        ("APP_CONFIG", "/nowhere/app.toml"),
        ("DEMO", "perhaps"),
        ("WEB_WORKERS", "0"),
        ("TRUSTED_PROXIES", "-1"),
        ("RATELIMIT_ENABLED", "perhaps"),
        ("FETCH_ALLOW_NETWORKS", "10.0.0.1/8"),
        ("EDITION_TIME_ZONE", "Nowhere"),
        ("DATE_FORM", "MM-DD"),
        ("BREAKING_HOURS", "-1"),
        ("IMGPROXY_URL", "pictures.example"),
        ("VAPID_PRIVATE_KEY", "hidden-word"),
        ("VAPID_PRIVATE_KEY", "A" * 43),
        ("WEBPUSH_SERVICES", "https://push.example/"),
        ("WEBPUSH_SERVICES", "*"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: ") as refused:
        read({**APP, name: value}, tmp_path)
    assert "user:hidden-word" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"), [("IMGPROXY_KEY", "hidden-word"), ("IMGPROXY_SALT", "")]
)
def test_a_picture_server_without_its_signature_stops_the_start(
    tmp_path: Path, name: str, value: str
) -> None:
    whole = {"IMGPROXY_URL": "https://img.example", "IMGPROXY_KEY": "aa", "IMGPROXY_SALT": "bb"}

    with pytest.raises(SettingsError, match=f"^{name}: ") as refused:
        read({**APP, **whole, name: value}, tmp_path)
    assert "hidden-word" not in str(refused.value)


def test_without_an_app_toml_the_packages_own_is_taken(tmp_path: Path) -> None:
    assert read({}, tmp_path).app_document == read(APP, tmp_path).app_document


def test_an_app_toml_beside_the_process_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text('[app]\nname = "Beside"\n', encoding="utf-8")
    (tmp_path / "other.toml").write_text('[app]\nname = "Named"\n', encoding="utf-8")

    assert read({}, tmp_path).app_name == "Beside"
    assert read({"APP_CONFIG": "other.toml"}, tmp_path).app_name == "Named"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUSH_TRANSPORT", "pigeon"),
        ("FCM_URL", "fcm.example"),
        ("FCM_CA_FILE", "/nowhere/ca.pem"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/account.json"),
        ("PUSH_HTTP", "pigeon"),
        ("FCM_MESSAGES_PER_MINUTE", "0"),
        ("FCM_MESSAGES_PER_MINUTE", "many"),
    ],
)
def test_a_value_of_the_alerts_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: "):
        push.read({name: value})


@pytest.mark.parametrize(
    "content",
    ["", "not json", "[]", "{}", '{"type": "service_account"}', '{"type": "authorized_user"}'],
)
def test_a_file_that_is_no_service_account_is_refused_at_the_start(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "account.json").write_text(content, encoding="utf-8")

    with pytest.raises(SettingsError, match=r"^GOOGLE_APPLICATION_CREDENTIALS: "):
        push.read({"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "account.json")})


def test_a_bundle_without_a_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")

    with pytest.raises(SettingsError, match=r"^FCM_CA_FILE: "):
        push.read({"FCM_CA_FILE": str(tmp_path / "ca.pem")})


def test_every_value_can_be_read_from_a_file(tmp_path: Path) -> None:
    found = read(
        {**APP, **in_files(tmp_path, PORT="8123", NEWSROOM_KEY="a-key-in-a-file")}, tmp_path
    )

    assert (found.port, found.newsroom_key) == (8123, "a-key-in-a-file")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^SECRET_KEY_FILE: "):
        read({**APP, "SECRET_KEY_FILE": str(tmp_path / "none")}, tmp_path)


def test_an_empty_value_counts_as_unset(tmp_path: Path) -> None:
    found = read({**APP, "PORT": "", "DATABASE_URL": "", "DEMO": ""}, tmp_path)

    assert found.port == 8000
    assert found.database_url == f"sqlite:///{tmp_path / 'var/tagwire.db'}"
    assert found.demo


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://tagwire:p%40ss@10.0.0.1:5432,10.0.0.2:5433/news?target_session_attrs=read-write",
        "postgresql://tagwire:p%40ss@/news?host=10.0.0.1:5432&host=10.0.0.2:5433&target_session_attrs=read-write",
        "postgresql+psycopg://tagwire:p%40ss@/news?host=10.0.0.1,10.0.0.2&port=5432,5433&target_session_attrs=read-write",
    ],
)
def test_every_address_of_a_database_reaches_its_driver(tmp_path: Path, url: str) -> None:
    settings = read({**APP, "DATABASE_URL": url, "SECRET_KEY": "k" * 16}, tmp_path)

    named = conninfo_to_dict(conninfo(create_engine(settings.database_url)))

    assert (named["host"], named["port"]) == ("10.0.0.1,10.0.0.2", "5432,5433")
    assert (named["password"], named["dbname"]) == ("p@ss", "news")
    assert named["target_session_attrs"] == "read-write"
    assert named["connect_timeout"] == "5"


def test_how_long_an_address_is_waited_for_can_be_said_in_it(tmp_path: Path) -> None:
    url = "postgresql://tagwire@10.0.0.1,10.0.0.2/news?connect_timeout=2"
    settings = read({**APP, "DATABASE_URL": url, "SECRET_KEY": "k" * 16}, tmp_path)

    found = conninfo_to_dict(conninfo(create_engine(settings.database_url)))

    assert found["connect_timeout"] == "2"


def test_a_database_of_ones_own_gets_no_demo_unless_asked(tmp_path: Path) -> None:
    own = {**APP, "DATABASE_URL": "sqlite:///own.db"}

    assert not read(own, tmp_path).demo
    assert read({**own, "DEMO": "1"}, tmp_path).demo


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000")],
)
def test_links_are_built_from_the_host_unless_a_public_url_is_set(
    tmp_path: Path, host: str, url: str
) -> None:
    assert read({**APP, "HOST": host}, tmp_path).public_url == url
    public = {**APP, "HOST": host, "PUBLIC_URL": "https://news.example/"}
    assert read(public, tmp_path).public_url == "https://news.example"


def test_the_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = read(APP, tmp_path), read(APP, tmp_path)

    assert first.secret_keys == second.secret_keys
    assert len(first.secret_keys[0]) >= 48
    kept = [path for path in (tmp_path / "var").iterdir() if path.name.startswith("secret_key")]
    assert [(path.name, path.stat().st_mode & 0o777) for path in kept] == [("secret_key", 0o600)]


def test_a_key_for_push_services_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    first, again = read(APP, tmp_path), read(APP, tmp_path)

    assert first.vapid_keys == again.vapid_keys
    assert first.is_vapid_generated
    assert first.vapid_keys[0] not in repr(first)
    assert stat.S_IMODE((tmp_path / "var" / "vapid_key").stat().st_mode) == 0o600
    older, newer = new_key(), new_key()
    given = read({**APP, "VAPID_PRIVATE_KEY": f"{newer}, {older}"}, tmp_path)
    assert given.vapid_keys == (newer, older)
    assert not given.is_vapid_generated


def test_postgresql_needs_a_secret_that_all_machines_share(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^SECRET_KEY: "):
        read({**APP, "DATABASE_URL": "postgresql://host/news"}, tmp_path)


def test_several_secrets_rotate_and_the_first_one_signs(tmp_path: Path) -> None:
    keys = "the-newest-of-all-keys, the-one-used-before-it"

    assert read({**APP, "SECRET_KEY": keys}, tmp_path).secret_keys == tuple(keys.split(", "))


def test_every_setting_is_told_to_the_operator() -> None:
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    for name in (*Environment().fields, *push.Environment().fields):
        assert f"`{name}`" in told, name


def in_files(folder: Path, **values: str) -> dict[str, Any]:
    for name, value in values.items():
        (folder / name).write_text(f"{value}\n", encoding="utf-8")
    return {f"{name}_FILE": str(folder / name) for name in values}


def test_the_database_is_for_its_own_user_alone(tmp_path: Path) -> None:
    """Also one that an older version made for everybody to read."""
    log = tmp_path / "tagwire.db-wal"
    log.touch(mode=0o644)
    log.chmod(0o644)

    read({"DATABASE_URL": "sqlite:///tagwire.db", "SECRET_KEY": "k" * 32}, tmp_path)
    read({"DATABASE_URL": "sqlite:///made/tagwire.db", "SECRET_KEY": "k" * 32}, tmp_path)

    assert log.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o700
