"""`doctor`: what this machine has of what the explorer needs, and what to do about the rest."""

import json
import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import torch
import typer
from rich.table import Column, Table

from ays_toy import launch, serving
from ays_toy.cli.common import AsJson, console
from ays_toy.models import people
from ays_toy.runs import cluster
from ays_toy.version import __version__

PORT = 8501  # of the app, unless another is given
LEAST_FREE = 50 * 2**20  # bytes for what is kept
EXTRAS = {  # what is not there in every installation, and what it is for
    "streamlit": "the app: pip install 'ays-explorer[app]'",
    "plotly": "the app's figures: pip install 'ays-explorer[app]'",
    "diffusers": "image models: pip install 'ays-explorer[images]'",
    "transformers": "image models with prompts: pip install 'ays-explorer[images]'",
    "distributed": "AYS_CLUSTER: pip install 'ays-explorer[cluster]'",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what there is, and what to do where that is not enough."""

    what: str
    there: str
    missing: str = ""
    needed: bool = True


def doctor(as_json: AsJson = False) -> None:
    """Print versions, devices, the data folder, the port, and what is missing; exit with 1 where that matters."""
    found = list(findings())
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        table = Table("", Column("there", overflow="fold"), "what to do", show_edge=False)
        for one in found:
            table.add_row(one.what, one.there, one.missing or "–")
        console.print(table, markup=False)
    if any(one.missing and one.needed for one in found):
        raise typer.Exit(1)


def findings() -> Iterator[Finding]:
    """Everything that is looked at, in order."""
    yield Finding("AYS Explorer", f"{__version__}, {launch.folder()}")
    old = sys.version_info < (3, 11)
    yield Finding("Python", platform.python_version(), "install Python 3.11 or later" if old else "")
    yield Finding("system", f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores")
    yield Finding("torch", torch.__version__)
    yield _device()
    for name, why in EXTRAS.items():
        there = find_spec(name) is not None
        yield Finding(name, _version(name) if there else "not installed", "" if there else f"for {why}", False)
    yield _kept()
    yield _port()
    yield _served()
    address = os.environ.get(cluster.NAME, "")
    yield Finding("cluster", address or f"none ({cluster.NAME} is not set)")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of an unknown version"


def _device() -> Finding:
    if not torch.cuda.is_available():
        return Finding("device", "CPU; no CUDA")
    memory = torch.cuda.get_device_properties(0).total_memory / 2**30
    return Finding("device", f"{torch.cuda.get_device_name()}, {memory:.0f} GiB")


def _kept() -> Finding:
    """The data folder: whether something can be written to it, or to what it will be made in."""
    folder = people.home()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        return Finding("data folder", f"{folder}, not writable", "set AYS_EXPLORER_HOME to a folder you may write to")
    free = shutil.disk_usage(there).free
    return Finding(
        "data folder", f"{folder}, {free / 2**30:.1f} GiB free", "make room on it" if free < LEAST_FREE else ""
    )


def _port() -> Finding:
    with socket.socket() as one:
        one.settimeout(1)
        taken = one.connect_ex(("localhost", PORT)) == 0
    advice = f"the app may be running; or start it with --server.port={PORT + 1}" if taken else ""
    return Finding("port", f"{PORT} {'answers' if taken else 'is free'}", advice, False)


def _served() -> Finding:
    try:
        now = serving.current()
    except ValueError as error:
        return Finding("way to run", "not clear", str(error))
    models = f"; models: {', '.join(now.offered)}" if now.shared else ""
    return Finding("way to run", f"{'shared with strangers' if now.shared else 'for oneself'}{models}")
