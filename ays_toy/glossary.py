"""The words of this field, one sentence each, where every page can open them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from ays_toy.metrics import METRICS
from ays_toy.names import ABOUT, TITLES
from ays_toy.sampling.solvers import SOLVERS

TERMS: Mapping[str, str] = {
    "Noise level σ": "How much Gaussian noise lies over the data: x = clean data + σ · noise. Sampling goes from "
    "high to low.",
    "Schedule": "The n + 1 noise levels, descending, at which a sampler stands; between two of them it takes one of "
    "its n steps.",
    "Step": "The way from one noise level of a schedule down to the next, by one or two calls of the denoiser.",
    "Denoiser": "What a diffusion model learns: given a noisy x and its σ, the mean of all clean data that could lie "
    "behind it. The exact one is that mean in closed form.",
    "Denoiser call": "One use of the denoiser for one x: nearly all that sampling costs.",
    "Solver": "The rule that makes a step from one noise level to the next out of the denoiser's answers.",
    "KLUB": "The paper's bound on how far the distribution of whole sampling paths is from the true one (a "
    "Kullback-Leibler divergence, in nats): one patch of area for each step.",
    "Nats": "The unit of information with natural logarithms; 1 nat is 1.44 bits.",
    "p": "The power in the weight σ⁻ᵖ by which the errors of all noise levels are added up; p = 3 gives KLUB.",
    "γ": "The power to which the errors of single steps are raised before they are added: 1 as if all pointed one way, "
    "2 as if they were independent.",
    "Sweep": "One pass of the paper's search over all levels of a schedule.",
    "The rule": "This project's way to stop the paper's search, for which the paper gives none: the output metric on "
    "held-out samples has been no better for four sweeps, and the sweep before them is taken.",
    "One pass": "All denoiser calls along coupled paths on a grid of noise levels: enough to price every schedule of "
    "every length.",
    "Path": "One clean point with ever more noise, on the whole grid of noise levels; what a solver makes instead is a "
    "trajectory.",
    "Trajectory": "The places that a solver takes one starting noise through, down to a sample.",
    "Mode": "One of the places where the data's density is high, such as a point of a grid.",
    "Entropy": "The mean of −log density of the data themselves: what perfect samples score in NLL.",
    "Standard error": "How far a figure may be off from chance alone, given as ±; differences below two of them may be "
    "chance.",
    "Fresh data": "New points of the data themselves, which is what a perfect sampler would make.",
    "Refinement": "The last part of the automatic choice: all levels are moved together along the gradient of the "
    "distance to the data, taken through the sampler, and kept where held-out samples are better.",
    "Guidance": "How strongly what a model is told to draw decides: the way from its answer when told nothing to that "
    "when told is gone this many times. 1 is none; more draws pictures clearer and more alike, and doubles the cost.",
    "Held-out": "Samples, noise or points that are used to judge and for nothing else.",
}


def schedules() -> dict[str, str]:
    """What every schedule is, by title."""
    return {title: ABOUT[name] for name, title in TITLES.items()}


def solvers() -> dict[str, str]:
    """What every solver is and where it is from, by title."""
    return {solver.title: solver.words for solver in SOLVERS.values()}


def metrics() -> dict[str, str]:
    """What every metric measures, by title."""
    return {metric.title: metric.about for metric in METRICS.values()}


# How words stand in a text, where that is otherwise than in the list: with or without an s, small or capital first.
_SPELLED = {
    "Noise level σ": "noise levels?|σ",
    "p": "p(?= = )|power p|σ⁻ᵖ",
    "Standard error": "standard errors?|±",
    "Held-out": "held[- ]out",
    "Entropy": "entrop(?:y|ies)",
    "Path": "(?:forward|coupled) paths?",
    "Trajectory": "(?:whole|sampling|whole sampling) paths?|trajector(?:y|ies)",
}
_CAPITAL = frozenset({"Yours", "Published"})  # ordinary words but for the capital


def found_in(texts: Iterable[str]) -> dict[str, str]:
    """Every name and word of the glossary that the texts have, with its sentence, in their order."""
    known = everything()
    pattern, words = _pattern(tuple(known))
    found = (words[match.lastgroup or ""] for text in texts for match in pattern.finditer(text))
    return {word: known[word] for word in dict.fromkeys(found)}


def everything() -> dict[str, str]:
    """All sentences by name or word."""
    return {**TERMS, **schedules(), **solvers(), **metrics()}


@cache
def _pattern(known: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds any of them, the longest first, and the words by the names of its groups."""
    words = {f"g{k}": word for k, word in enumerate(sorted(known, key=len, reverse=True))}
    spelled = (f"(?P<{group}>{_spelled(word)})" for group, word in words.items())
    return re.compile(rf"(?<![\w-])(?:{'|'.join(spelled)})(?![\w-])"), words


def _spelled(word: str) -> str:
    if word in _SPELLED:
        return f"(?i:{_SPELLED[word]})"
    exact = re.escape(word)
    if word in _CAPITAL or not word[1:2].islower():
        return exact
    return f"(?:{exact}|{exact[0].lower()}{exact[1:]})" + ("" if word.endswith("s") else "s?")
