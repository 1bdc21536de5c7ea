"""The paper's Table 4 and Fig. 4 beside ours: `python -m benchmarks.paper table4`, then `figure4`.

`table4` tries every set-up that the paper leaves open, and writes docs/table4.md. What is found is kept beside it in
table4.json, so that a run that was stopped goes on where it was. `figure4` draws docs/figure4.png from the same file,
and needs Playwright, from requirements-dev.txt.
"""

from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.progress import track

from benchmarks import shipping
from benchmarks.cells import digest
from benchmarks.table4 import fit
from benchmarks.table4.printed import TABLE, kinds
from benchmarks.table4.report import Tried, written

app = typer.Typer(no_args_is_help=True, add_completion=False)
FOLDER = Path(__file__).parent.parent / "docs"
RESULTS, DOCUMENT, FIGURE = "table4.json", "table4.md", "figure4.png"
FORMAT = 1
Folder = Annotated[Path, typer.Option(help="Where results, table and figure go, and results are taken from.")]


def made() -> dict[str, Any]:
    """How the file of set-ups was made."""
    return {"format": FORMAT, "made by": "python -m benchmarks.paper table4", "settings": fit.settings()}


def read(folder: Path, anew: bool = False) -> dict[str, Any]:
    """The set-ups that a folder's file holds, by kind."""
    try:
        return shipping.read(folder / RESULTS, "setups", made(), anew)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command("table4")
def set_beside(
    folder: Folder = FOLDER,
    anew: Annotated[bool, typer.Option("--anew", help="Try again what the file already holds.")] = False,
) -> None:
    """Try every set-up of Table 4 that is not tried yet, and write the table."""
    torch.set_num_threads(1)  # small tensors
    rows, path = read(folder, anew), folder / RESULTS
    parts = path.with_suffix(".parts") / digest(fit.settings())  # scans made with others are none of these
    parts.mkdir(parents=True, exist_ok=True)
    missing = [kind for kind in kinds() if str(kind) not in rows]
    for kind in track(missing, description="set-ups"):
        rows[str(kind)] = fit.row(kind, parts)
        shipping.write(path, "setups", made(), rows)
    (folder / DOCUMENT).write_text(written(rows.values()), encoding="utf-8")
    Console().print(f"{folder / DOCUMENT}: {len(rows)} set-ups")


@app.command("figure4")
def redraw(folder: Folder = FOLDER) -> None:
    """Draw 100,000 samples of every schedule in the set-up nearest to the paper's."""
    from benchmarks import figure4  # what drives a browser is not needed for the table
    from tests.chromium import chromium

    torch.set_num_threads(1)
    tried = [Tried.of(row) for row in read(folder).values()]
    rows = [figure4.panels(figure4.nearest(tried, grid)) for grid in track(TABLE, description="grids")]
    with chromium() as browser:
        picture = figure4.drawn(browser, rows)
    picture.save(folder / FIGURE, optimize=True)
    Console().print(f"{folder / FIGURE}: {picture.width} × {picture.height}")


if __name__ == "__main__":
    app()
