"""Pages that list what the code has: the words, the commands with their options, the public names."""

from collections.abc import Mapping

import typer
from typer.cli import get_docs_for_click

import ays_toy
from ays_toy import cli, glossary

PACKAGES = ("optimize", "metrics", "images")  # public by themselves


def words() -> str:
    """The glossary, as the app opens it."""
    parts: Mapping[str, Mapping[str, str]] = {
        "Of the field": glossary.TERMS,
        "Schedules": glossary.schedules(),
        "Solvers": glossary.solvers(),
        "Metrics": glossary.metrics(),
    }
    listed = (
        f"## {title}\n\n" + "\n\n".join(f"**{word}**: {about}" for word, about in some.items())
        for title, some in parts.items()
    )
    return "\n\n".join(["# Words", "What the app's glossary says, on every page of it.", *listed])


def commands() -> str:
    """Every command of `ays`, with its arguments and options, in the words of its own help."""
    top = typer.main.get_command(cli.app)
    help_texts = get_docs_for_click(obj=top, ctx=typer.Context(top), name="ays")
    head = "What `ays … --help` says. From a checkout, `python -m ays_toy` is the same."
    return "\n\n".join(["# Commands", head, help_texts.partition("\n")[2]])


def api() -> str:
    """A section of the API for every public module and package, from its docstrings."""
    places = [f"{ays_toy._PUBLIC[name]}.{name}" for name in sorted(ays_toy._PUBLIC)] + list(PACKAGES)
    return "\n\n".join(f"::: ays_toy.{place}" for place in places)
