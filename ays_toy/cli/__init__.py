"""`python -m ays_toy …`: what the pages do, without a browser."""

import typer

from ays_toy.cli import class_report, image, image_shards
from ays_toy.cli.compare import compare
from ays_toy.cli.doctor import doctor
from ays_toy.cli.optimize import optimize
from ays_toy.cli.train import pretrain, train

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Diffusion sampling schedules on 2D data, exactly and live."""


for command in (compare, train, optimize, pretrain, doctor):
    app.command()(command)
for of_shards in (image_shards.collect, image_shards.merge):
    image.app.command()(of_shards)
app.add_typer(image.app, name="image")
app.add_typer(class_report.app, name="class")
