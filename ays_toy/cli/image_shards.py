"""`image collect` and `image merge`: a long pass as an array of processes that never meet."""

from pathlib import Path
from typing import Annotated

import typer

from ays_toy import checks
from ays_toy.cli import common
from ays_toy.cli import image_options as options
from ays_toy.cli.common import AsJson, console, user_errors
from ays_toy.images import collect as passes
from ays_toy.images import shards, sources

Whole = Annotated[Path, typer.Option(help="The file that --checkpoint of image optimize takes up.")]


def collect(
    out: Annotated[Path, typer.Option(help="The shard's own file; what it holds of the shard already is taken up.")],
    model: options.Name = "digits",
    shard: Annotated[str, typer.Option(help="Which shard of how many, such as 3/8, counted from 1.")] = "1/1",
    paths: options.Paths = passes.PATHS,
    batch: options.Batch = 16,
    levels: options.Levels = passes.LEVELS,
    data: options.Folder = None,
    prompts: options.Prompts = None,
    labels: options.Labels = None,
    guidance: options.Guidance = None,
    seed: options.Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Collect one shard of the pass that prices every schedule of an image model, apart from all other shards."""
    with user_errors():
        one = shards.Shard.read(shard)
        checks.whole_number(levels, "The number of levels", 2)
        chosen = options.load(model, prompts, labels, guidance)
        source = sources.find(chosen, paths, folder=data, seed=seed)
        grid = passes.grid_for(chosen, levels)
        with common.progress() as bars:
            task = bars.add_task(f"shard {one}: {source.about}", total=None)
            for state in shards.stream(chosen, source.x0, grid, one, out, seed=seed, batch=batch, say=console.print):
                bars.update(task, completed=state.done, total=state.total)
    if state.resumed:
        console.print(f"{state.resumed} of {state.total} batches were there already.")
    console.print(f"Shard {one} is in {out}.")
    if as_json:
        common.print_json({"shard": str(one), "file": str(out), "batches": state.total, "resumed": state.resumed})


def merge(
    files: Annotated[list[Path], typer.Argument(help="The files of all shards, in any order.")],
    out: Whole,
    as_json: AsJson = False,
) -> None:
    """Make one pass of all its shards: to the last bit what one process would have collected."""
    with user_errors():
        total = shards.merge(files, out)
    console.print(f"{total} batches of {len(files)} shards are in {out}.")
    if as_json:
        common.print_json({"file": str(out), "batches": total, "shards": len(files)})
