"""A list of commands is there at once: none of them is loaded for it, and each says there what it says of itself."""

import json
import subprocess
import sys

import typer
from typer.testing import CliRunner

from ays_toy import cli

HEAVY = ("torch", "scipy.stats", "sklearn", "ot", "pandas", "plotly", "diffusers")


def loaded_by(*words: str) -> set[str]:
    """The heavy packages that a command line loads."""
    code = (
        "import json, sys; from ays_toy.cli import app\n"
        f"try: app({list(words)!r})\n"
        f"finally: print(json.dumps([one for one in {HEAVY!r} if one in sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_and_a_wrong_command_load_none_of_the_library():
    assert loaded_by("--help") == set()
    assert loaded_by("nonsense") == set()


def test_a_command_loads_what_it_needs_and_nothing_that_takes_seconds_beside_it():
    assert loaded_by("compare", "--help") == {"torch"}


def test_the_list_says_what_each_command_says_of_itself():
    listed = " ".join(CliRunner().invoke(cli.app, ["--help"], env={"COLUMNS": "200"}).output.split())
    for name, command in typer.main.get_command(cli.app).commands.items():
        assert command.name == name
        first = command.help.split("\n\n")[0]
        assert " ".join(first.split()) in listed, name
