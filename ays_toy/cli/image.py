"""`image …`: schedules for diffusion models of images, and the models of digits that ship with the package."""

import typer

from ays_toy.cli.image_optimize import compare, optimize
from ays_toy.cli.image_paths import paths
from ays_toy.cli.image_pretrain import pretrain
from ays_toy.cli.image_shards import collect, merge

app = typer.Typer(no_args_is_help=True, help="Schedules for diffusion models of images.")
for command in (optimize, compare, paths, pretrain, collect, merge):
    app.command()(command)
