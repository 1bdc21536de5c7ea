"""`python -m ays_toy`: the command line."""

from ays_toy.cli import app

app(prog_name="python -m ays_toy")
