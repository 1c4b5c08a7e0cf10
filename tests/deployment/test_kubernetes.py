"""What `examples/kubernetes` says fits Kubernetes' own schemas, the product and its image."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml  # type: ignore[import-untyped]
from flask import Flask

from tagwire import main

pytestmark = pytest.mark.any_engine

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "kubernetes"
SETTINGS = (ROOT / "docs" / "operations.md").read_text()
CONTAINERFILE = (ROOT / "Containerfile").read_text()
DOCUMENTS: dict[str, dict[str, Any]] = {
    f"{document['kind']} {document['metadata']['name']}": document
    for path in sorted(FOLDER.glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
}
# What has pods, as the part of it that describes them.
PODS = {
    name: document["spec"]["template"]
    for name, document in DOCUMENTS.items()
    if document["kind"] in {"Deployment", "Job"}
}
WEB = PODS["Deployment tagwire-web"]["spec"]["containers"][0]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_kubernetes_knows_every_field(name: str) -> None:
    newest = kubernetes_validate.latest_version()

    kubernetes_validate.validate(DOCUMENTS[name], newest, strict=True)


@pytest.mark.parametrize("name", PODS)
def test_a_pod_runs_a_command_of_the_product_as_the_images_user(name: str) -> None:
    pod = PODS[name]["spec"]
    (container,) = pod["containers"]

    assert container["args"][0] in main.list_commands(None)  # type: ignore[arg-type]
    user = pod["securityContext"]
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}" in CONTAINERFILE
    assert user["runAsNonRoot"]
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not pod["enableServiceLinks"]


@pytest.mark.parametrize("name", PODS)
def test_what_a_pod_mounts_is_there_and_only_data_is_written(name: str) -> None:
    pod = PODS[name]["spec"]
    (container,) = pod["containers"]
    mounted = {each["name"]: each for each in container["volumeMounts"]}

    assert mounted.keys() == {volume["name"] for volume in pod["volumes"]}
    written = [each["mountPath"] for each in mounted.values() if not each.get("readOnly")]
    assert written == ["/data"]
    assert "VOLUME /data" in CONTAINERFILE
    taken = [next(iter(each.values()))["name"] for each in container["envFrom"]]
    assert taken == ["tagwire", "tagwire"]


def test_every_setting_is_one_of_the_product() -> None:
    written = DOCUMENTS["ConfigMap tagwire"]["data"] | DOCUMENTS["Secret tagwire"]["stringData"]

    assert not [name for name in written if f"`{name}`" not in SETTINGS]
    mounts = [each["mountPath"] for each in WEB["volumeMounts"]]
    for name in ("APP_CONFIG", "GOOGLE_APPLICATION_CREDENTIALS"):
        assert str(Path(written[name]).parent) in mounts


def test_probes_ask_addresses_that_are_answered_on_the_images_port(app: Flask) -> None:
    asked = {WEB[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe")}
    answered = {rule.rule for rule in app.url_map.iter_rules()}

    assert asked == {"/healthz"}
    assert WEB["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert answered >= asked | {"/readyz"}
    assert f"PORT={WEB['ports'][0]['containerPort']}" in CONTAINERFILE


def test_what_chooses_pods_finds_some() -> None:
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    chosen = list(_chosen())

    assert len(chosen) == 6
    for each in chosen:
        assert each in labels


def _chosen() -> Iterator[dict[str, str]]:
    for document in DOCUMENTS.values():
        selector = document.get("spec", {}).get("selector")
        if selector:
            yield selector.get("matchLabels", selector)


def test_the_front_leads_to_the_service_and_it_to_the_port() -> None:
    (rule,) = DOCUMENTS["Ingress tagwire"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    backend = path["backend"]["service"]
    (port,) = DOCUMENTS[f"Service {backend['name']}"]["spec"]["ports"]

    assert port["name"] == backend["port"]["name"]
    assert port["targetPort"] == WEB["ports"][0]["name"]


def test_the_guide_names_what_there_is() -> None:
    guide = (FOLDER / "README.md").read_text()

    for kind, name in re.findall(r"\b(deployment|job)/([\w-]+)", guide):
        assert f"{kind.title()} {name}" in DOCUMENTS
    for name in re.findall(r"apply -f ([\w-]+\.yaml)", guide):
        assert (FOLDER / name.removeprefix("own-")).exists()
    created = set(re.findall(r"create (?:configmap|secret generic) ([\w-]+)", guide))
    named = {
        volume.get("configMap", {}).get("name") or volume["secret"]["secretName"]
        for volume in PODS["Deployment tagwire-web"]["spec"]["volumes"]
        if "emptyDir" not in volume
    }
    assert created == named
