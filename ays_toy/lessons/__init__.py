"""The lessons, in their order: from one Gaussian to images, and a task on what was not seen before."""

from collections.abc import Mapping

from ays_toy.lessons import (
    images,
    klub_as_area,
    solvers_differ,
    the_papers_search,
    transfer,
    what_a_sampler_does,
    why_few_steps_fail,
    why_stop,
    your_own_steps,
)
from ays_toy.lessons.lesson import Lesson

LESSONS: Mapping[str, Lesson] = {
    one.LESSON.name: one.LESSON
    for one in (
        what_a_sampler_does,
        why_few_steps_fail,
        klub_as_area,
        your_own_steps,
        the_papers_search,
        why_stop,
        solvers_differ,
        images,
        transfer,
    )
}
TASK = transfer.LESSON.name
