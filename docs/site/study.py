"""The study's findings in the words of the Evidence page."""

import drawing

from ays_toy.ui import evidence


def study() -> str:
    """For every kind of model the sentence of the Evidence page, and its map of who wins where."""
    return "\n\n".join(_kind(kind, title) for kind, title in evidence.kinds().items())


def _kind(kind: str, title: str) -> str:
    view = evidence.EvidenceView(kind=kind, judged=next(iter(evidence.figures(kind))))
    words = evidence.finding(view)
    figure = drawing.Drawn(evidence.winners_map(view), f"Who wins where: {words}")
    judged = f"Judged by *{view.figure.title}*, over {evidence.cases(view)} cases."
    return f"### {title}\n\n{judged} {words}\n\n{figure.html()}"
