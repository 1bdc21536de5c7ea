"""Pages that list what the code has: the words, the commands with their options, the public names."""

from collections.abc import Iterator, Mapping

import typer
from click import Command, Context, Group, Option

import ays_toy
from ays_toy import cli, glossary

PACKAGES = ("optimize", "metrics", "images")  # public by themselves


def words() -> str:
    """The glossary, as the app opens it."""
    parts: Mapping[str, Mapping[str, str]] = {
        "Words": glossary.TERMS,
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
    head = "# Commands\n\nWhat `ays … --help` says. From a checkout, `python -m ays_toy` is the same."
    return "\n\n".join([head, *_of(top, "ays")])


def _of(command: Command, name: str) -> Iterator[str]:
    context = Context(command, info_name=name)
    if isinstance(command, Group):
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            if found is not None and not found.hidden:
                yield from _of(found, f"{name} {part}")
        return
    yield f"## `{name}`\n\n{(command.help or '').strip()}"
    records = [one for parameter in command.params if (one := parameter.get_help_record(context))]
    taken = [one.make_metavar(context) for one in command.params if not isinstance(one, Option)]
    yield f"    {' '.join([name, *taken, '[OPTIONS]' if records else ''])}"
    if records:
        rows = (f"| `{how.replace('|', chr(92) + '|')}` | {_cell(about)} |" for how, about in records)
        yield "\n".join(["| option | what it does |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("[", "\\[")


def api() -> str:
    """A section of the API for every public module and package, from its docstrings."""
    places = [f"{ays_toy._PUBLIC[name]}.{name}" for name in sorted(ays_toy._PUBLIC)] + list(PACKAGES)
    return "\n\n".join(f"## {place.rpartition('.')[2]}\n\n::: ays_toy.{place}" for place in places)
