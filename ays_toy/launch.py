"""`ays-explorer`: the app, started by Streamlit's own launcher, from a checkout or from a wheel; and in JupyterHub."""

import gc
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

APP = "app.py"
SECONDS_TO_START = 60  # that Jupyter waits: torch is read on a slow disk


def folder() -> Path:
    """Where the app is, with its pages and what they read: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent
    return package.parent if (package.parent / APP).is_file() else package / "whole_app"


@contextmanager
def reading() -> Iterator[None]:
    """Have modules read without a look for garbage among all that torch is made of, which takes a fifth of the time."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def main() -> None:
    """Start the app; what follows on the command line are options of `streamlit run`, such as --server.port=8600."""
    if find_spec("streamlit") is None:
        sys.exit("The app needs Streamlit: pip install 'ays-explorer[app]'. `ays` is the command line without it.")
    sys.argv = ["streamlit", "run", str(folder() / APP), *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def in_jupyter() -> dict[str, Any]:
    """How jupyter-server-proxy starts the app for one user, below their own address; asked by it in every server."""
    options = {
        "server.address": "127.0.0.1",
        "server.port": "{port}",
        "server.headless": "true",
        "server.baseUrlPath": "{base_url}ays-explorer",
    }
    return {
        "command": [sys.executable, "-m", "streamlit", "run", str(folder() / APP)]
        + [f"--{name}={value}" for name, value in options.items()],
        "absolute_url": True,
        "timeout": SECONDS_TO_START,
        "launcher_entry": {"title": "AYS Explorer", "icon_path": str(folder() / "docs" / "icon.svg")},
    }
