"""A configuration that cannot be used stops the start and names its key."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from backend.core.settings import SettingsError

# Said before a database is asked.
pytestmark = pytest.mark.any_engine

MANY = "".join(
    f'[[routes]]\nscreen = "s{n}"\npath = "/{"x" * 60}{n}/{{id}}"\n' for n in range(2000)
)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (("never_open =", 'deferred = "twice"\nnever_open ='), "links.deferred"),
        (("never_open =", "never_opens ="), "links.never_opens"),
        (("never_open =", 'legacy_hosts = "go.news.test"\nnever_open ='), "links.legacy_hosts"),
        (("never_open =", 'legacy_hosts = ["go.news.test/x"]\nnever_open ='), "legacy_hosts"),
        (('open_host = "open.news.test"', 'open_host = "https://open.news.test"'), "app.open_host"),
        (('"open.news.test"', '"open.news.test:8443"'), "app.open_host"),
        (('hosts = ["news.test"]', 'hosts = ["nachrichten.köln"]'), "app.hosts"),
        (('"ABCDE12345.test.news"', '"test.news"'), "app.ios.app_ids"),
        (('["ABCDE12345.test.news"]', '"ABCDE12345.test.news"'), "app.ios.app_ids"),
        (('"123456789"', '"id123456789"'), "app.ios.store_id"),
        (('{ pt = "118325" }', '"118325"'), "campaign"),
        (("store_id =", 'webcredentials = "yes"\nstore_id ='), "app.ios.webcredentials"),
        (("store_id =", 'appclip_ids = ["news.Clip"]\nstore_id ='), "app.ios.appclip_ids"),
        (('pt = "118325"', 'pt = "118325&evil=1"'), "app.ios.campaign.pt"),
        (('"test.news"', '"test news"'), "app.android.package"),
        (("14:6D:E9", "14:6D"), "app.android.sha256_cert_fingerprints"),
        (('scheme = "testnews"', 'scheme = "https://"'), "app.scheme"),
        (('screen = "tag"', 'screen = "topic"'), "'tag'"),
        (('path = "/tag/{tag}"', 'path = "/tag/{tag}"\nquerry = ["q"]'), "'querry'"),
        (("[links]", MANY + "[links]"), "association file"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(
    make_app: Callable[..., Flask],
    app_toml: Path,
    tmp_path: Path,
    edit: tuple[str, str],
    named: str,
) -> None:
    text = app_toml.read_text()
    assert edit[0] in text
    path = tmp_path / "app.toml"
    path.write_text(text.replace(*edit))

    with pytest.raises(SettingsError) as refused:
        make_app(APP_CONFIG=str(path))
    assert named in str(refused.value)
    assert "APP_CONFIG" in str(refused.value)


def test_fingerprints_may_be_written_in_any_case(
    make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path
) -> None:
    path = tmp_path / "app.toml"
    path.write_text(app_toml.read_text().replace("14:6D:E9", "14:6d:e9"))

    client = make_app(APP_CONFIG=str(path)).test_client()

    assert b"14:6D:E9" in client.get("/.well-known/assetlinks.json").data
