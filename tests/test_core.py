"""The library and the command line need what they ask for, and nothing that only the app brings."""

import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from benchmarks.sizes import PROJECT, needed

ROOT = Path(__file__).parents[1]
ALONE = """
import sys
sys.modules.update(dict.fromkeys({kept_away!r}))
from ays_toy.__main__ import main
sys.argv = ["ays", *{words!r}]
main()
"""


def kept_away() -> set[str]:
    """All that can be imported here and is not of the packages that an installation without extras has."""
    here, _ = needed(PROJECT["dependencies"])
    found = packages_distributions()
    return {name for name, of in found.items() if not {canonicalize_name(one) for one in of} & {*here, PROJECT["name"]}}


@pytest.mark.parametrize(
    "words",
    [
        ["doctor"],
        ["train", "small", "ring-8", "--steps", "20"],
        ["compare", "moons", "--steps", "4", "--json"],
        ["optimize", "moons", "--steps", "4", "--method", "p-optimum"],
    ],
)
def test_the_command_line_runs_on_what_the_library_alone_brings(words: list[str], tmp_path: Path) -> None:
    away = kept_away()
    assert {"streamlit", "pandas", "pyarrow", "plotly", "diffusers", "sklearn", "ot"} <= away
    program = ALONE.format(kept_away=sorted(away), words=words)
    surroundings = os.environ | {"AYS_EXPLORER_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
