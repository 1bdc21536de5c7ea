"""`python -m ays_toy …`: what the pages do, without a browser.

A command is loaded when it is asked for: the library behind it takes seconds, and a list of commands needs none of it.
"""

import ast
from collections.abc import Iterator, Mapping
from copy import copy
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from ays_toy import launch

Command = Any  # of click, which typer has a copy of
# Each in a file of its name; commands of commands are an `app` there.
COMMANDS = ("compare", "train", "optimize", "pretrain", "doctor", "image", "class")
FILES = {"pretrain": "train", "class": "class_report"}


class _Loaded(Mapping[str, Command]):
    """All commands by their names, each loaded when it is first asked for."""

    def __getitem__(self, name: str) -> Command:
        return _load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS


@cache
def _load(name: str) -> Command:
    """The command of that name; KeyError for another."""
    if name not in COMMANDS:
        raise KeyError(name)
    with launch.reading():
        module = import_module(f"{__name__}.{FILES.get(name, name)}")
    if hasattr(module, "app"):
        one = typer.main.get_command(module.app)
    else:
        alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        alone.command()(getattr(module, name))
        one = typer.main.get_command(alone)
    one.name = name
    return one


def _about(name: str) -> str:
    """What a command says of itself, read from its file, which is not loaded."""
    source = ast.parse((Path(__file__).parent / f"{FILES.get(name, name)}.py").read_text(encoding="utf-8"))
    for one in source.body:
        if isinstance(one, ast.FunctionDef) and one.name == name:
            return ast.get_docstring(one) or ""
    (apps,) = (one.value for one in source.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "app")
    assert isinstance(apps, ast.Call)
    return next(str(ast.literal_eval(word.value)) for word in apps.keywords if word.arg == "help")


class _Group(TyperGroup):
    """The commands; those that are only listed are not loaded."""

    def __init__(self, **looks: Any) -> None:
        super().__init__(**looks)
        self.commands = _Loaded()  # type: ignore[assignment]  # which nobody adds to

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, none of which is loaded for it."""
        listed = copy(self)
        listed.commands = {name: TyperCommand(name, help=_about(name)) for name in COMMANDS}
        TyperGroup.format_help(listed, ctx, formatter)


app = typer.Typer(cls=_Group, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Diffusion sampling schedules on 2D data, exactly and live."""
