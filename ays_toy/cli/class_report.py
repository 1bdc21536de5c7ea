"""`class report`: what a class gained, from the answers that its learners downloaded."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ays_toy.cli.common import AsJson, console, user_errors
from ays_toy.lessons import answers, quiz
from ays_toy.lessons.report import Report, report

app = typer.Typer(no_args_is_help=True, help="For who teaches with the lessons.")

Files = Annotated[list[Path], typer.Argument(help="Files of answers, or folders of them.", show_default=False)]


@app.callback()
def _group() -> None:
    """Keep `report` a command of its own, however few there are."""


@app.command("report")
def class_report(files: Files, as_json: AsJson = False) -> None:
    """Print what a class gained from before the lessons to after them, with 95 % intervals; nothing is sent anywhere.

    A file that cannot be used is named and left out.
    """
    students, problems = answers.read(files)
    with user_errors():
        if not students and problems:
            raise ValueError(problems[0])
        found = report(students)
    if as_json:
        print(json.dumps({**asdict(found), "left_out": problems}, indent=2))
        return
    for problem in problems:
        console.print(problem, markup=False, highlight=False)
    _print(found)


def _print(found: Report) -> None:
    number = _or_none(lambda score: f"{score:.2f}")
    console.print(f"{found.before} answered before, {found.after} after, {found.both} both.")
    scores = f"{number(found.score_before)} before, {number(found.score_after)} after"
    console.print(f"Right answers on average, of {found.questions}: {scores}.")
    if found.gain:
        console.print(f"Gain: {found.gain.words(lambda score: f'{score:+.2f}')} of {found.questions} answers.")
    if found.normalized:
        console.print(f"Of what there was to gain: {found.normalized.words('{:.0%}'.format)}.")
    table, share = Table("question", "before", "after", "gain, 95 % interval"), _or_none("{:.0%}".format)
    for one in found.by_question:
        gain = "–"
        if one.gain:
            gain = f"{one.gain.value:+.0%}, {one.gain.low:+.0%} to {one.gain.high:+.0%}"
        table.add_row(quiz.TOPICS[one.topic].tests, share(one.before), share(one.after), gain)
    console.print(table)
    for remark in found.remarks:
        console.print(remark)


def _or_none(form: Callable[[float], str]) -> Callable[[float | None], str]:
    return lambda value: "–" if value is None else form(value)
