"""The container, as far as it can be held to the project without a builder: what it copies, asks, serves and is for."""

import re
import shlex
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from proxy import rule

from ays_toy import serving
from ays_toy.runs import cluster

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yml").read_text(encoding="utf-8"))
APPS = {name: one for name, one in COMPOSE["services"].items() if name.startswith("app-")}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with what follows each, in their order."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M))
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in text.splitlines() if line]


def of(name: str) -> list[str]:
    """What follows every instruction of a name."""
    return [rest for instruction, rest in instructions() if instruction == name]


def test_it_runs_not_as_root_shared_and_on_every_address() -> None:
    names = [name for name, _ in instructions()]
    assert names[0] == "FROM"
    assert names.index("USER") > max(k for k, name in enumerate(names) if name in ("RUN", "COPY"))
    assert of("USER") == ["1000"]
    settings = dict(one.split("=", 1) for one in shlex.split(of("ENV")[0]))
    assert settings[serving.SHARED] == "1"
    assert settings["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert settings["AYS_EXPLORER_HOME"] in of("VOLUME")
    assert [settings["PYTHONPATH"]] == of("WORKDIR"), "Dask's own commands find the project too"


def test_one_port_is_served_exposed_asked_after_and_named_to_a_space() -> None:
    (port,) = of("EXPOSE")
    space = (ROOT / "deploy" / "space" / "README.md").read_text(encoding="utf-8")
    header = yaml.safe_load(space.split("---")[1])
    assert (header["sdk"], header["app_port"]) == ("docker", int(port))
    assert f"http://localhost:{port}/_stcore/health" in of("HEALTHCHECK")[0]
    assert f"--server.port={port}" in of("CMD")[0]


def test_it_has_the_python_that_is_tested() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    tested = re.search(r'python-version: "([\d.]+)"', workflow)
    assert tested
    assert of("FROM")[0].startswith(f"python:{tested[1]}-")


def test_what_the_app_needs_is_copied_and_what_is_copied_is_there() -> None:
    left_out = [
        line.removeprefix("**/")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    for needed in ("ays_toy", *wheel["force-include"]):
        assert (ROOT / needed).exists()
        assert not [one for one in left_out if any(fnmatch(part, one) for part in Path(needed).parts)]
    for copied in of("COPY"):
        *sources, _ = copied.split()
        assert all((ROOT / source).exists() for source in sources)


def test_the_replicas_are_those_that_the_proxy_knows() -> None:
    servers, _ = rule(ROOT / "deploy" / "nginx-replicas.conf")
    started = [re.search(r"--server.port=(\d+) --server.address=([\d.]+)", one["command"]) for one in APPS.values()]
    assert sorted(servers) == sorted(f"{found[2]}:{found[1]}" for found in started if found)
    homes = {volume for one in APPS.values() for volume in one["volumes"]}
    assert homes == set(COMPOSE["services"]["worker"]["volumes"]), "what is kept is there on each"


def test_the_cluster_is_one_that_the_app_takes_and_reached_from_inside_alone() -> None:
    for one in APPS.values():
        address = one["environment"][cluster.NAME]
        cluster.check(address)
        assert address in COMPOSE["services"]["worker"]["command"]
    assert [name for name, one in COMPOSE["services"].items() if "ports" in one] == ["proxy"]
    assert {one.get("network_mode") for name, one in COMPOSE["services"].items() if name != "proxy"} == {
        "service:proxy"
    }


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
def test_nginx_takes_the_rule_as_the_proxy_changes_it(tmp_path: Path) -> None:
    kept = ROOT / "deploy" / "nginx-replicas.conf"
    (edit,) = re.findall(r"sed '([^']+)'", COMPOSE["services"]["proxy"]["command"][-1])
    changed = subprocess.run(["sed", edit, kept], capture_output=True, text=True, check=True).stdout
    assert "listen 8080;" in changed
    (tmp_path / "default.conf").write_text(changed, encoding="utf-8")
    whole = f"events {{}} pid {tmp_path}/pid; error_log {tmp_path}/log; http {{ include {tmp_path}/default.conf; }}"
    (tmp_path / "nginx.conf").write_text(whole)
    done = subprocess.run(["nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
