"""All that ships, made anew where its code has changed: `python -m benchmarks.shipped status` and `make [NAME …]`.

Beside its files every artefact has a record of what they were made with: a digest of each module and data file behind
them. `status` holds that against the code as it is now and says what has changed; `make` makes what is stale, in order.
A command writes into a folder named after the code, so that one which was killed goes on there, and one whose code has
changed meanwhile begins anew; what is whole takes the place of what ships.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table

from ays_toy.checks import lookup
from benchmarks import fingerprints
from benchmarks.artefacts import ARTEFACTS, WRITE_TO, Artefact

UNDER_WAY = "shipped.parts"  # below the root: what is not whole yet
NAMED = 4  # changes that a line of the table has by name


@dataclass(frozen=True)
class State:
    """How an artefact stands to the code as it is: in a word, and what has changed since it was made."""

    word: str  # fresh, stale, unknown or missing
    changed: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """What has changed, in a line."""
        more = len(self.changed) - NAMED
        return ", ".join(self.changed[:NAMED]) + (f" and {more} more" if more > 0 else "")


def made_with(one: Artefact, root: Path) -> dict[str, dict[str, str]]:
    """Digests of all modules and data files behind an artefact, as they are now."""
    return {"code": fingerprints.code_of(one.code, root), "data": fingerprints.data_of(one.reads, root)}


def record(one: Artefact, root: Path) -> Path:
    """The file that says what an artefact was made with."""
    return root / one.folder / f"{one.name}.made.json"


def files(one: Artefact, root: Path) -> dict[str, str]:
    """Digests of the artefact's own files."""
    return fingerprints.data_of([f"{one.folder}/{pattern}" for pattern in one.files], root)


def state(one: Artefact, root: Path) -> State:
    """Whether an artefact is as the code would make it now: unknown where its files have no record of their own."""
    there = files(one, root)
    if not there:
        return State("missing")
    if not record(one, root).is_file():
        return State("unknown")
    kept: dict[str, Any] = json.loads(record(one, root).read_text(encoding="utf-8"))
    if kept["files"] != there:
        return State("unknown", tuple(f"{Path(name).name} itself" for name in changes(kept["files"], there)))
    now = made_with(one, root)
    changed = tuple(name for part in ("code", "data") for name in changes(kept[part], now[part]))
    return State("stale" if changed else "fresh", changed)


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of what has another digest, is new or is gone."""
    return [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]


def make(one: Artefact, root: Path) -> None:
    """Make an artefact by its command and keep what it was made with; CalledProcessError where the command fails."""
    behind = made_with(one, root)
    name = fingerprints.digest(json.dumps([one.command, behind]).encode())
    begun = root / UNDER_WAY / f"{one.name}-{name}"
    begun.mkdir(parents=True, exist_ok=True)
    words = one.command.replace(WRITE_TO, str(begun)).split()
    subprocess.run([sys.executable, "-m", *words], cwd=root, check=True)
    if WRITE_TO in one.command:
        for path in sorted(path for pattern in one.files for path in begun.glob(pattern)):
            place = root / one.folder / path.relative_to(begun)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
    kept = {"made by": f"python -m {one.command}", "torch": torch.__version__, "files": files(one, root), **behind}
    record(one, root).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    for path in (root / UNDER_WAY).glob(f"{one.name}-{'?' * fingerprints.SHORT}"):
        shutil.rmtree(path)


def due(named: Iterable[str], root: Path, artefacts: Mapping[str, Artefact]) -> Iterable[Artefact]:
    """What is to be made, one by one: all that is named, or all that is stale or missing when its turn has come."""
    wanted = [lookup(artefacts, name, "artefact").name for name in named]
    for one in artefacts.values():
        if one.name in wanted or (not wanted and not one.training and state(one, root).word in ("stale", "missing")):
            yield one


def report(root: Path, artefacts: Mapping[str, Artefact]) -> Table:
    """Every artefact, how it stands, and what makes it."""
    table = Table("artefact", "state", "changed since", "made by: python -m", "takes")
    for one in artefacts.values():
        now = state(one, root)
        table.add_row(one.name, now.word, now.why, one.command.replace(WRITE_TO, "DIR"), one.takes)
    table.caption = "unknown: made before there were records, or not by this command; make NAME makes it anew"
    return table


app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.command("status")
def show() -> None:
    """Say what is stale against the code as it is, and which module has changed."""
    Console(width=140).print(report(fingerprints.ROOT, ARTEFACTS))


@app.command("make")
def make_all(
    named: Annotated[list[str] | None, typer.Argument(help="Artefacts; all that are stale when none is named.")] = None,
) -> None:
    """Make what is stale, in order; trainings, and what is unknown, only by name."""
    try:
        for one in due(named or (), fingerprints.ROOT, ARTEFACTS):
            Console().print(f"{one.name}: python -m {one.command.replace(WRITE_TO, UNDER_WAY)}")
            make(one, fingerprints.ROOT)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except subprocess.CalledProcessError as error:
        raise typer.Exit(error.returncode) from None


if __name__ == "__main__":
    app()
