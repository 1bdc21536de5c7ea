"""The lessons, in their order: from one Gaussian to images, and a task on what was not seen before."""

from collections.abc import Mapping

from ays_toy.lessons import what_a_sampler_does
from ays_toy.lessons.lesson import Lesson

LESSONS: Mapping[str, Lesson] = {one.LESSON.name: one.LESSON for one in (what_a_sampler_does,)}
