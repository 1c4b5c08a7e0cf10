"""Behind PgBouncer in transaction mode each transaction may run on another server connection."""

import os
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy.engine import make_url

from tests.flows.running import KEY, Running, free_port
from tests.postgres import unprivileged
from tests.waiting import PATIENCE_S, comes_to_hold

pytestmark = pytest.mark.slow

Start = Callable[..., Running]
TAGS = ("storm", "harbour", "rail", "budget")


@pytest.fixture
def pooled(empty_database: str) -> Iterator[str]:
    """The database under test, reached through a PgBouncer that has four connections to it."""
    if empty_database.startswith("sqlite"):
        pytest.skip("SQLite has no pooler")
    url, port = make_url(empty_database), free_port()
    with TemporaryDirectory(prefix="tagwire-pooler-") as name:
        settings = Path(name) / "pgbouncer.ini"
        settings.write_text(
            "[databases]\n"
            f"* = host={url.query['host']} user={url.username}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n"
        )
        settings.chmod(0o644)  # who reads it is not who writes it
        command = [_pgbouncer(), "-q", str(settings)]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **unprivileged(Path(name)))
        _wait_until_it_listens(port)
        yield url.set(host="127.0.0.1", port=port, query={}).render_as_string()
        process.terminate()
        process.wait(PATIENCE_S)


def test_a_day_behind_a_pooler_in_transaction_mode(start: Start, pooled: str) -> None:
    running = start(DATABASE_URL=pooled, DEMO="0", RATELIMIT_ENABLED="0", PUSH_TRANSPORT="local")
    assert running.wait_for("/readyz", 200), running.log.read_text()

    with ThreadPoolExecutor(12) as pool:
        published = list(pool.map(lambda number: _publish(running, number), range(40)))
        read = pool.map(lambda number: _register_and_read(running, number), range(100))
        statuses = Counter(chain(published, *read))

    assert set(statuses) == {200, 201, 204}, statuses
    found = [running.call("GET", f"/v1/tags/{tag}/articles?limit=50").json for tag in TAGS]
    assert [len(page["articles"]) for page in found] == [10] * len(TAGS)


def _publish(running: Running, number: int) -> int:
    article = {
        "title": f"Number {number} of the day",
        "url": f"https://paper.example/{number}",
        "tags": [TAGS[number % len(TAGS)]],
    }
    path = f"/v1/newsroom/articles/paper/{number}"
    return running.call("PUT", path, json_body=article, secret=KEY).status


def _register_and_read(running: Running, number: int) -> list[int]:
    tag = TAGS[number % len(TAGS)]
    made = running.call("POST", "/v1/installations", json_body={"platform": "android"})
    own, secret = f"/v1/installations/{made.json['id']}", made.json["secret"]
    calls = (
        running.call("PUT", f"{own}/topics/tag:{tag}", secret=secret),
        running.call("GET", "/v1/feed", secret=secret),
        running.call("GET", f"/v1/tags/{tag}/articles?limit={number % 50 + 1}"),
        running.call("GET", "/v1/search?q=number"),
    )
    return [made.status, *(call.status for call in calls)]


def _wait_until_it_listens(port: int) -> None:
    def listens() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    assert comes_to_hold(listens), "PgBouncer does not listen"


def _pgbouncer() -> str:
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        missing = "no pgbouncer: run `apt-get install pgbouncer`"
        if os.environ.get("REQUIRE_SERVERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found
