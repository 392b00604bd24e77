"""What runs beyond a laptop, as far as it can be judged without an engine or a cluster."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from flows.databases import MLFLOW, PREFECT
from flows.environment import QUIET
from flows.servers import POOL

ROOT = Path(__file__).parents[1]
INFRA = ROOT / "infra"
COMPOSE = INFRA / "compose.yaml"
KUBERNETES = sorted((INFRA / "kubernetes").rglob("*.yaml"))
VARIABLE = re.compile(r"\$\{(\w+)(?::(-|\?)([^}]*))?\}")
PINNED = re.compile(r"[a-z0-9./-]+:v?\d+\.\d+[\w.-]*")
SECRET = re.compile(r"(PASSWORD|SECRET|ACCESS_KEY|TOKEN|CREDENTIAL)", re.IGNORECASE)
NAMES_OF_ENV = [line.split("=") for line in (INFRA / ".env.example").read_text().splitlines() if "=" in line]


def load(file: Path) -> Any:
    return YAML(typ="safe").load(file)


def objects(file: Path) -> list[dict[str, Any]]:
    return list(YAML(typ="safe").load_all(file))


def pod_containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every container, init containers too, of what the kustomization lists."""
    for file in KUBERNETES:
        for each in objects(file):
            if each["kind"] in ("Deployment", "Job"):
                pod = each["spec"]["template"]["spec"]
                for container in [*pod.get("initContainers", []), *pod["containers"]]:
                    yield f"{each['metadata']['name']}/{container['name']}", container


SERVICES: dict[str, dict[str, Any]] = load(COMPOSE)["services"]
CONTAINERS = dict(pod_containers())


def dockerfile() -> list[tuple[str, str]]:
    """Instructions and their words, in order."""
    text = (INFRA / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def test_the_image_calls_nobody_and_names_no_address() -> None:
    settings = dict(
        word.split("=", 1) for name, words in dockerfile() if name == "ENV" for word in words.replace('"', "").split()
    )
    assert QUIET.items() <= settings.items()
    for file in [INFRA / "Dockerfile", ROOT / "requirements.lock"]:
        assert "://" not in file.read_text(encoding="utf-8"), f"{file.name} names a host"


def test_the_image_is_pinned_is_not_root_and_holds_the_locked_packages_alone() -> None:
    steps = dockerfile()
    bases = [words for name, words in steps if name == "FROM"]
    assert bases == ["${BASE}"]
    (base,) = [words.split("=")[1] for name, words in steps if name == "ARG" and words.startswith("BASE=")]
    assert PINNED.fullmatch(base)
    assert [words for name, words in steps if name == "USER"] == ["kakehashi"]
    names = [name for name, _ in steps]
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")
    assert [words.split()[0] for name, words in steps if name in ("COPY", "ADD")] == ["requirements.lock"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [line for line in ignored if not line.startswith("#")] == ["*", "!requirements.lock"]


def test_another_torch_index_takes_the_locked_cuda_packages_out(tmp_path: Path) -> None:
    """The image's own `sed`, on the real lock."""
    (command,) = [words for name, words in dockerfile() if name == "RUN" and "TORCH_INDEX" in words]
    (expression,) = re.findall(r"sed -i ('[^']+')", command)
    lock = tmp_path / "requirements.lock"
    shutil.copy(ROOT / "requirements.lock", lock)
    subprocess.run(f"sed -i {expression} {lock}", shell=True, check=True)
    left = lock.read_text(encoding="utf-8")
    assert "torch==" in left and "torchvision==" in left
    assert not re.findall(r"^(nvidia|cuda|triton).*", left, re.MULTILINE)
    gone = set((ROOT / "requirements.lock").read_text().splitlines()) - set(left.splitlines())
    assert gone and all(re.match(r"(nvidia|cuda|triton)\b", line) for line in gone)


def test_every_variable_of_compose_stands_in_the_example_and_the_example_holds_no_value() -> None:
    used = {name for name, _, _ in VARIABLE.findall(COMPOSE.read_text(encoding="utf-8"))}
    assert [value for _, value in NAMES_OF_ENV if value] == []
    assert {name for name, _ in NAMES_OF_ENV} == used
    ignored = subprocess.run(["git", "check-ignore", "--quiet", "infra/.env"], cwd=ROOT)
    assert ignored.returncode == 0, "git would take infra/.env along"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_and_open_to_this_machine_alone(name: str) -> None:
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"]), f"{service['image']} has no version"
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service.get("privileged") is None and service.get("network_mode") is None
    assert "healthcheck" in service or service["restart"] == "no"


@pytest.mark.parametrize("name", SERVICES)
def test_a_secret_is_a_variable_that_must_be_given(name: str) -> None:
    for setting, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(setting):
            assert [(how, name in dict(NAMES_OF_ENV)) for name, how, _ in VARIABLE.findall(value)] == [("?", True)]
            assert VARIABLE.sub("", value) == "", f"{name}: {setting} has a value"
        assert not re.search(r"://[^/]*:[^/$]*@", str(value)), f"{name}: {setting} holds a password"


def test_services_wait_for_services_that_are_there() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            has_health = "healthcheck" in SERVICES[other]
            assert has_health if how["condition"] == "service_healthy" else not has_health, f"{name} waits for {other}"
    addresses = re.findall(r"://(\w+):", COMPOSE.read_text(encoding="utf-8"))
    assert set(addresses) <= set(SERVICES)


def test_gpu_overlay_is_for_services_that_are_there() -> None:
    assert set(load(INFRA / "compose.gpu.yaml")["services"]) <= set(SERVICES)


def test_both_databases_are_made() -> None:
    assert SERVICES["postgresql"]["environment"]["POSTGRES_DB"] == PREFECT
    assert SERVICES["prefect"]["environment"]["PREFECT_SERVER_DATABASE_NAME"] == PREFECT
    assert f"CREATE DATABASE {MLFLOW};" in (INFRA / "databases.sql").read_text(encoding="utf-8")
    assert SERVICES["mlflow"]["environment"]["MLFLOW_BACKEND_STORE_URI"].endswith(f"/{MLFLOW}")


def test_docker_itself_reads_compose(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("docker compose is not installed; its file was only parsed")
    (tmp_path / "env").write_text("".join(f"{name}=1000\n" for name, _ in NAMES_OF_ENV))
    files = ["-f", str(COMPOSE), "-f", str(INFRA / "compose.gpu.yaml")]
    command = [docker, "compose", "--env-file", str(tmp_path / "env"), *files, "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_kustomizations_list_files_that_are_there() -> None:
    for file in KUBERNETES:
        if file.name == "kustomization.yaml":
            listed = [file.parent / name for name in load(file)["resources"]]
            assert all(place.exists() for place in listed)
            beside = {other for other in file.parent.glob("*.yaml") if other != file}
            assert beside == {place for place in listed if place.is_file()}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_its_secrets_by_reference(name: str) -> None:
    readme = (INFRA / "README.md").read_text(encoding="utf-8")
    for setting in CONTAINERS[name].get("env", []):
        if SECRET.search(setting["name"]) or setting["name"] == "REPOSITORY":
            assert set(setting) == {"name", "valueFrom"}, f"{setting['name']} has a value"
        if "valueFrom" in setting:
            reference = setting["valueFrom"]["secretKeyRef"]
            assert reference["name"] == "kakehashi"
            assert f"--from-literal={reference['key']}=" in readme, f"infra/README.md does not say {reference['key']}"


def test_no_secret_is_committed() -> None:
    assert not [file for file in KUBERNETES for each in objects(file) if each["kind"] == "Secret"]


def test_a_probe_asks_a_port_that_is_open() -> None:
    for name, container in CONTAINERS.items():
        ports = {port["name"] for port in container.get("ports", [])}
        probes = [probe for kind, probe in container.items() if kind.endswith("Probe")]
        assert {probe["httpGet"]["port"] for probe in probes if "httpGet" in probe} <= ports, name
        assert probes or "register" in name or "checkout" in name, f"{name} has no probe"


@pytest.mark.parametrize("folder", ["base", "gpu"])
def test_kustomize_builds_it(folder: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed; its files were only parsed")
    done = subprocess.run([kubectl, "kustomize", INFRA / "kubernetes" / folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = {(each["kind"], each["metadata"]["name"]): each for each in YAML(typ="safe").load_all(done.stdout)}
    pods = [each["spec"]["template"]["spec"] for (kind, _), each in built.items() if kind in ("Deployment", "Job")]
    assert len(pods) == 5
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] and not pod["enableServiceLinks"]
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert not container["securityContext"]["allowPrivilegeEscalation"]
            assert PINNED.fullmatch(container["image"])
    limits = built["Deployment", "worker"]["spec"]["template"]["spec"]["containers"][0]["resources"].get("limits", {})
    assert limits == ({"nvidia.com/gpu": 1} if folder == "gpu" else {})


@pytest.mark.parametrize("where", ["compose", "kubernetes"])
def test_where_workers_start_somebody_looks_after_the_runs_of_dead_ones(where: str) -> None:
    """And its health is that it has looked: the file that it touches is the one that the check asks for."""
    started = SERVICES if where == "compose" else CONTAINERS
    commands = [each.get("command") or each.get("args") or [] for each in started.values()]
    assert any(command[:3] == ["prefect", "worker", "start"] for command in commands)
    (looks,) = [each for each, command in zip(started.values(), commands, strict=True) if "flows.heartbeat" in command]
    check = looks["healthcheck"]["test"] if where == "compose" else looks["livenessProbe"]["exec"]["command"]
    (*_, mark) = looks.get("command") or looks["args"]
    assert f"find {mark} " in check[-1]


def test_one_pool_and_one_image_everywhere() -> None:
    pools = {deployment["work_pool"]["name"] for deployment in load(INFRA / "prefect.yaml")["deployments"]}
    texts = [file.read_text(encoding="utf-8") for file in [COMPOSE, *KUBERNETES]]
    started = {pool for text in texts for pool in re.findall(r"--pool, (\w+)", text)}
    assert pools == {POOL} == started
    ours = {service["image"] for service in SERVICES.values() if service["image"].startswith("kakehashi")}
    (image,) = load(INFRA / "kubernetes" / "base" / "kustomization.yaml")["images"]
    assert ours == {f"{image['newName']}:{image['newTag']}"}


@pytest.mark.parametrize(
    "entrypoint", [deployment["entrypoint"] for deployment in load(INFRA / "prefect.yaml")["deployments"]]
)
def test_a_deployment_starts_a_flow_that_is_there(entrypoint: str) -> None:
    file, name = entrypoint.split(":")
    functions = {
        node.name: [ast.unparse(decorator) for decorator in node.decorator_list]
        for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert any(decorator.startswith("flow") for decorator in functions[name])
