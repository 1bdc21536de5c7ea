"""The ideas: the app's lessons as a page to read, each with its figures and its answers as they are computed."""

from collections.abc import Iterator
from urllib.parse import urlencode

import drawing

from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import Lesson, Prediction, Step

HEAD = """# The ideas

The lessons of the app, to be read: figures and answers are computed by the same code, from the same settings, when this
page is built. In the app each asks before it tells, and everything can be changed; the address under a step opens it
there.
"""


def page() -> str:
    """The whole page."""
    return "\n\n".join([HEAD, *(part for lesson in LESSONS.values() for part in _lesson(lesson))])


def _lesson(lesson: Lesson) -> Iterator[str]:
    yield f"## {lesson.title}"
    yield f"*After it you can {lesson.idea}.*"
    before: object = None
    for number, step in enumerate(lesson.steps, start=1):
        yield f"### {step.title}"
        yield step.text
        scene = step.scene
        seen = scene.page, scene.state, scene.look
        if seen != before and (figure := drawing.drawn(scene)):
            yield figure.html()
        before = seen
        yield from _answer(step)
        yield f"`/{step.scene.page}?{urlencode({'lesson': f'{lesson.name}.{number}'})}`"


def _answer(step: Step) -> Iterator[str]:
    """The question, with the answer folded away, where it can be computed without the app."""
    known = drawing.facts(step.scene)
    asked = step.ask
    if asked is None or known is None or (step.scene.page == "optimize" and not isinstance(asked, Prediction)):
        return
    why = asked.why(known)
    yield f'??? question "{asked.text}"\n    {why}'
