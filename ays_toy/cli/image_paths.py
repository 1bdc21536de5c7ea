"""`image paths`: how few paths suffice."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ays_toy import checks
from ays_toy.cli import common
from ays_toy.cli import image_options as options
from ays_toy.cli.common import AsJson, Steps, user_errors
from ays_toy.images import collect, sources


def paths(
    model: options.Name = "digits",
    steps: Steps = 10,
    most: Annotated[int, typer.Option(help="Paths that the others are held against.")] = 1024,
    data: options.Folder = None,
    prompts: options.Prompts = None,
    labels: options.Labels = None,
    guidance: options.Guidance = None,
    lora: options.Lora = None,
    lora_scale: options.LoraScale = 1.0,
    seed: options.Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure how few paths suffice: KLUB's error bar, and what their optimum loses against that of the most paths."""
    with user_errors():
        checks.whole_number(steps, "The number of steps", 1, collect.LEVELS - 1)
        chosen = options.load(model, prompts, labels, guidance, lora, lora_scale)
        source = sources.find(chosen, checks.whole_number(most, "The most paths", 64, 100_000), folder=data, seed=seed)
        grid = collect.grid_for(chosen)
        with common.progress() as bars:
            task = bars.add_task(source.about, total=None)
            for state in collect.stream(chosen, source.x0, grid, seed=seed):
                bars.update(task, completed=state.done, total=state.total)
        assert state.gram is not None
        found = collect.how_few(state.gram, steps)
        _print_few(found)
        if as_json:
            common.print_json(
                {"model": model, "steps": steps, "seed": seed, "paths": [_as_record(row) for row in found]}
            )


FEW = ("paths", "KLUB of the optimum", "its error bar", "regret of their optimum", "for p = 2")


def _print_few(found: Sequence[collect.FewPaths]) -> None:
    """What `how_few` found, as a table."""
    rows = []
    for row in found:
        klub, *regrets = str(row.klub), *(f"{x:.2%}" for x in row.regret.values())
        rows.append((f"{row.paths:,}", klub, f"{row.klub.stderr / row.klub.value:.1%}", *regrets))
    common.print_columns(FEW, rows)


def _as_record(row: collect.FewPaths) -> dict[str, Any]:
    return {
        "paths": row.paths,
        "klub": common.as_record(row.klub),
        "regret": {f"p = {power:g}": x for power, x in row.regret.items()},
    }
