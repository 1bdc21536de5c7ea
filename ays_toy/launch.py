"""`ays-explorer`: the app, started by Streamlit's own launcher, from a checkout or from a wheel."""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

APP = "app.py"


def folder() -> Path:
    """Where the app is, with its pages and what they read: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent
    return package.parent if (package.parent / APP).is_file() else package / "whole_app"


def main() -> None:
    """Start the app; what follows on the command line are options of `streamlit run`, such as --server.port=8600."""
    if find_spec("streamlit") is None:
        sys.exit("The app needs Streamlit: pip install 'ays-explorer[app]'. `ays` is the command line without it.")
    sys.argv = ["streamlit", "run", str(folder() / APP), *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
