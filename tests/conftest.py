"""The same composition as `wsgi.py`, on a database of its own, with a clock that tests move."""

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import compress
from operator import not_
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import QueuePool

from backend.core import access_log, migrate
from backend.core.db import db
from deeplinks.counts.buffer import count_buffer
from tests import compiled_once, contract
from tests.memory import in_memory
from wsgi import compose

# How long an example takes says more about the machine than about the promise.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

EDITOR_KEY = "the-editors-key-of-the-tests"
SECRET_KEY = "a-secret-key-of-the-tests-only"
VAPID_KEY = "AQEB" * 10 + "AQE"
DATABASES = {"template", "database_url", "empty_database"}
SITE = "http://news.test"
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

APP_TOML = """
[app]
name = "Test News"
scheme = "testnews"
hosts = ["news.test"]
open_host = "open.news.test"

[app.ios]
app_ids = ["ABCDE12345.test.news"]
store_id = "123456789"
campaign = { pt = "118325" }

[app.android]
package = "test.news"
sha256_cert_fingerprints = [
    "14:6D:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5",
]
"""


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class SiteClient(FlaskClient):
    """Asks for the site's own host, as every visitor does, and holds answers to the contract."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", SITE)
        answer = super().open(*args, **kwargs)
        contract.check(self.application, answer)
        return answer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what says the same on every engine: what uses no database, or is marked so",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        uses = [_depends_on_engine(item) for item in items]
        config.hook.pytest_deselected(items=list(compress(items, map(not_, uses))))
        items[:] = compress(items, uses)


def _depends_on_engine(item: pytest.Item) -> bool:
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else []
    is_told = any(item.get_closest_marker(name) for name in ("any_engine", "browser"))
    return not is_told and not DATABASES.isdisjoint(fixtures)


def pytest_configure() -> None:
    access_log.flush_manually()
    compiled_once.install()


def pytest_collection_finish() -> None:
    gc.freeze()  # what was imported is no garbage, in any test nor when the process ends


@pytest.fixture(autouse=True)
def _answered() -> Iterator[None]:
    """What a test's requests are logged as belongs to its own output, shown when it fails."""
    yield
    access_log.flush()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def app_toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's own route table with a test app's ids."""
    own = (Path(__file__).parent.parent / "app.toml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("config") / "app.toml"
    path.write_text(APP_TOML + own[own.index("[[routes]]") :], encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, app_toml: Path) -> Iterator[str]:
    """A migrated, empty database that each test gets a copy of."""
    folder = tmp_path_factory.mktemp("template")
    url = postgres_database() or f"sqlite:///{folder / 'template.db'}"
    app = compose(environment(url, app_toml), folder)
    with app.app_context():
        migrate.upgrade(now=START)
        db.engine.dispose()
    yield url
    _drop(url)


@pytest.fixture
def database_url(template: str, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own, as `DATABASE_URL` would name it."""
    with in_memory(tmp_path) as folder, copied(template, folder) as url:
        yield url


@contextmanager
def copied(template: str, folder: Path) -> Iterator[str]:
    """A copy of a database that nobody is connected to."""
    if template.startswith("sqlite"):
        path = folder / "tagwire.db"
        shutil.copy(template.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"
        return
    copy = postgres_database(like=template)
    assert copy is not None
    yield copy
    _drop(copy)


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[str]:
    """A database without a table."""
    with in_memory(tmp_path) as folder:
        url = postgres_database() or f"sqlite:///{folder / 'empty.db'}"
        yield url
        _drop(url)


@pytest.fixture
def environ(database_url: str, app_toml: Path) -> dict[str, str]:
    """The settings of the app under test; a test may change them before it asks for `app`."""
    return environment(database_url, app_toml)


def environment(database_url: str, app_toml: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "VAPID_PRIVATE_KEY": VAPID_KEY,
        "NEWSROOM_KEY": EDITOR_KEY,
        "PUBLIC_URL": SITE,
        "APP_CONFIG": str(app_toml),
        "PUSH_TRANSPORT": "local",
        "RATELIMIT_ENABLED": "0",
    }


@pytest.fixture
def make_app(
    environ: dict[str, str], tmp_path: Path, clock: Clock
) -> Iterator[Callable[..., Flask]]:
    """Builds an app on this test's database; settings given by name change the environment."""
    with composing(environ, tmp_path, clock) as make:
        yield make


@contextmanager
def composing(
    environ: dict[str, str], folder: Path, clock: Clock
) -> Iterator[Callable[..., Flask]]:
    """What builds apps, which end with it."""
    made: list[Flask] = []

    def make(**settings: str) -> Flask:
        app = compose({**environ, **settings}, folder, clock=clock)
        app.test_client_class = SiteClient
        made.append(app)
        return app

    yield make
    for app in made:
        count_buffer(app).flush()  # or its own thread may be writing just now
        with app.app_context():
            db.session.remove()
            in_use = pool.checkedout() if isinstance(pool := db.engine.pool, QueuePool) else 0
            db.engine.dispose()
        assert in_use == 0, "a connection was not given back"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Any]:
    """The app's session, for asserting on rows."""
    with app.app_context():
        own = db.session()
        yield own
        own.close()  # a request may have put another one in its place


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


EDITOR = bearer(EDITOR_KEY)


def postgres_database(like: str | None = None) -> str | None:
    """A new database on the server of TEST_DATABASE_URL, a copy of `like` when given."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        return None
    name = f"test_{uuid.uuid4().hex}"
    of = f' TEMPLATE "{make_url(like).database}" STRATEGY FILE_COPY' if like else ""
    _administer(make_url(server), f'CREATE DATABASE "{name}"{of}')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _drop(url: str) -> None:
    if not url.startswith("sqlite"):
        target = make_url(url)
        _administer(
            make_url(os.environ["TEST_DATABASE_URL"]),
            f'DROP DATABASE IF EXISTS "{target.database}" WITH (FORCE)',
        )


def _administer(server: URL, statement: str) -> None:
    with _administration(server).connect() as connection:
        connection.execute(text(statement))


@cache
def _administration(server: URL) -> Engine:
    return create_engine(server, isolation_level="AUTOCOMMIT")
