"""HTTP/2 servers that others wrote, each on a port of its own with a certificate for 127.0.0.1."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.flows.running import free_port
from tests.waiting import comes_to_hold

ROOT = Path(__file__).parent.parent.parent
STREAMS = 10
REQUESTS_PER_CONNECTION = 50
NAMED = b'{"name": "projects/standin/messages/1"}'


@dataclass(frozen=True)
class Place:
    """Where a server listens, and what it is to be configured with."""

    folder: Path
    port: int
    backend: int  # the port of the stand-in behind it, over HTTP/1.1
    certificate: Path
    key: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)


Command = Callable[[Place], list[str]]


@dataclass(frozen=True)
class Server:
    """A program, where it comes from, and how it is started."""

    program: str
    package: str
    command: Command
    counts: bool = True  # whether the stand-in behind it sees every message


def nghttpd(*options: str) -> Server:
    """Answers a POST with a file; knows the paddings and trailers that others do not send."""

    def command(place: Place) -> list[str]:
        for send in ("v1/projects/standin/messages:send",):
            place.write(f"public/{send}", NAMED.decode())
        files = [str(place.port), str(place.key), str(place.certificate)]
        fixed = ["--address=127.0.0.1", f"--htdocs={place.folder / 'public'}"]
        return ["nghttpd", *fixed, *options, *files]

    return Server("nghttpd", "nghttp2-server", command, counts=False)


def nginx(*directives: str, connections: int = 512) -> Server:
    """A reverse proxy."""

    def command(place: Place) -> list[str]:
        temporary = "".join(
            f"{name}_temp_path {place.folder / name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = f"""
            user root; daemon off; worker_processes 1; pid {place.folder / "nginx.pid"};
            error_log stderr error;
            events {{ worker_connections {connections}; }}
            http {{
                access_log off; {temporary}
                server {{
                    listen 127.0.0.1:{place.port} ssl http2;
                    ssl_certificate {place.certificate};
                    ssl_certificate_key {place.key};
                    {" ".join(directives)}
                    location / {{ proxy_pass http://127.0.0.1:{place.backend}; }}
                }}
            }}"""
        return ["nginx", "-p", str(place.folder), "-c", place.write("nginx.conf", text)]

    return Server("nginx", "nginx-light", command)


def h2o(**settings: int) -> Server:
    """A reverse proxy; its YAML is given as JSON."""

    def command(place: Place) -> list[str]:
        tls = {"certificate-file": str(place.certificate), "key-file": str(place.key)}
        proxied = {"proxy.reverse.url": f"http://127.0.0.1:{place.backend}/"}
        named = {name.replace("_", "-"): value for name, value in settings.items()}
        configuration = {
            "listen": {"host": "127.0.0.1", "port": place.port, "ssl": tls},
            "num-threads": 1,
            "user": "root",
            "hosts": {"default": {"paths": {"/": proxied}}},
            **named,
        }
        return ["h2o", "-c", place.write("h2o.conf", json.dumps(configuration))]

    return Server("h2o", "h2o", command)


def hypercorn(**settings: int) -> Server:
    """An ASGI server, with an application that answers from memory."""

    def command(place: Place) -> list[str]:
        lines = [f"{name} = {value}" for name, value in settings.items()]
        toml = place.write("hypercorn.toml", "\n".join(lines))
        files = ["--certfile", str(place.certificate), "--keyfile", str(place.key)]
        listens = ["--bind", f"127.0.0.1:{place.port}", "--config", toml, *files]
        return [sys.executable, "-m", "hypercorn", *listens, "tests.push.asgi_provider:app"]

    return Server(sys.executable, "make .venv/.dev", command, counts=False)


def envoy(**http: Any) -> Server:
    """A reverse proxy."""

    def command(place: Place) -> list[str]:
        program = str(Path(sys.executable).parent / "envoy")
        path = place.write("envoy.json", json.dumps(envoy_configuration(place, http)))
        quiet = ["--log-level", "error", "--concurrency", "1", "--disable-hot-restart"]
        return [program, "-c", path, *quiet]

    return Server(str(Path(sys.executable).parent / "envoy"), "make .venv/.dev", command)


def envoy_configuration(place: Place, http: dict[str, Any]) -> dict[str, Any]:
    types = "type.googleapis.com/envoy.extensions"
    route = {"match": {"prefix": "/"}, "route": {"cluster": "standin"}}
    manager = {
        "@type": f"{types}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "fcm",
        "route_config": {
            "virtual_hosts": [{"name": "fcm", "domains": ["*"], "routes": [route]}],
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{types}.filters.http.router.v3.Router"},
            }
        ],
        **http,
    }
    pair = {
        "certificate_chain": {"filename": str(place.certificate)},
        "private_key": {"filename": str(place.key)},
    }
    tls = {
        "@type": f"{types}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"alpn_protocols": ["h2"], "tls_certificates": [pair]},
    }
    name = "envoy.filters.network.http_connection_manager"
    chain = {
        "filters": [{"name": name, "typed_config": manager}],
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
    }
    endpoint = {"endpoint": {"address": address(place.backend)}}
    endpoints = [{"lb_endpoints": [endpoint]}]
    cluster = {
        "name": "standin",
        "load_assignment": {"cluster_name": "standin", "endpoints": endpoints},
    }
    listener = {"name": "fcm", "address": address(place.port), "filter_chains": [chain]}
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def demand(server: Server) -> None:
    """Skip where the program is missing, and fail where it must not be."""
    if shutil.which(server.program) is not None:
        return
    missing = f"no {server.program}: {server.package}"
    if os.environ.get("REQUIRE_SERVERS") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def running(server: Server, place: Place) -> Iterator[subprocess.Popen[bytes]]:
    """The server, until the end of the block; it may end by itself before."""
    environ = os.environ | {"MESSAGES": str(place.folder / "messages")}
    process = subprocess.Popen(server.command(place), cwd=ROOT, env=environ)
    try:
        wait_for(place, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def wait_for(place: Place, process: subprocess.Popen[bytes]) -> None:
    context = ssl.create_default_context(cafile=str(place.certificate))

    def listens() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", place.port), timeout=5) as plain:
                context.wrap_socket(plain, server_hostname="127.0.0.1").close()
        except OSError:
            assert process.poll() is None, "the server ended"
            return False
        return True

    assert comes_to_hold(listens), "the server does not listen"


def place_for(folder: Path, backend: int, certificate: Path, key: Path) -> Place:
    return Place(folder, free_port(), backend, certificate, key)
