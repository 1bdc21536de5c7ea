"""Comparators: how other papers choose a schedule, an entry each, written from its mathematics."""

from ays_toy.optimize.rivals.density import curvature, entropic, rescaled_entropic
from ays_toy.optimize.rivals.local_errors import boss, gits
from ays_toy.optimize.rivals.multistep import dmn
from ays_toy.optimize.rivals.rival import Given, Needs, Rival
from ays_toy.optimize.rivals.teacher import bezier, ld3

__all__ = ["RIVALS", "Given", "Needs", "Rival"]

_PASS = "One call for every path and level of the pass, for all numbers of steps at once."
_WALK = "Two calls for every trajectory and level, for all numbers of steps at once."
_FIT = (
    "128 calls for each of 1,024 starts of the teacher's; then, for every solver and number of steps anew, those of a "
    "sample for 128 starts in each of 151 iterations, with their gradients, and for 512 starts in 31 looks."
)

RIVALS: dict[str, Rival] = {
    one.name: one
    for one in (
        Rival(
            name="entropic",
            source="Stancevic et al. 2025, arXiv 2504.13612, Theorem 5.1",
            rule="∫ E‖x₀ − D‖² σ⁻³ dσ = dH, the same for every step",
            needs=Needs.ERRORS,
            cost=_PASS,
            find=entropic,
        ),
        Rival(
            name="rescaled-entropic",
            source="Stancevic et al. 2025, arXiv 2504.13612",
            rule="∫ E‖x₀ − D‖² σ⁻² dσ = σ dH, the same for every step",
            needs=Needs.ERRORS,
            cost=_PASS,
            find=rescaled_entropic,
        ),
        Rival(
            name="boss",
            source="Nguyen et al. 2024, arXiv 2312.16414, Sec. 3",
            rule="least Σ E‖z(i) + (s(j) − s(i)) v(i) − z(j)‖², with z = x/(1 + σ) and s = σ/(1 + σ)",
            needs=Needs.TRAJECTORIES,
            cost=_WALK,
            find=boss,
        ),
        Rival(
            name="gits",
            source="Chen et al. 2024, arXiv 2405.11326, with the cost L2 and γ = 1",
            rule="least Σ E‖x(i) + (σ(j) − σ(i)) v(i) − x(j)‖",
            needs=Needs.TRAJECTORIES,
            cost=_WALK,
            find=gits,
        ),
        Rival(
            name="curvature",
            source="Gupta et al. 2026 (SharpEuler), arXiv 2605.11547, with γ = 1/2",
            rule="steps in s = σ/(1 + σ) as dense as (E‖dv/ds‖)^½",
            needs=Needs.TRAJECTORIES,
            cost=_WALK,
            find=curvature,
        ),
        Rival(
            name="dmn",
            source="Xue et al. 2024, arXiv 2402.17376",
            rule="least Σ(i) ε(i) |Σ(s) ∫ e^λ ℓ(i) dλ|, with λ = −log σ and ε = σ",
            needs=Needs.NOTHING,
            cost="None.",
            find=dmn,
        ),
        Rival(
            name="ld3",
            source="Tong et al. 2025, arXiv 2405.15506, with the hard loss",
            rule="least E‖x(n steps) − x(many steps)‖² over the gaps in log σ",
            needs=Needs.GRADIENTS,
            cost=_FIT,
            find=ld3,
        ),
        Rival(
            name="bezier",
            source="after Min et al. 2026 (BézierFlow), arXiv 2512.13255",
            rule="the same over the 33 control points of log σ(u), u = 0, 1/n, …, 1",
            needs=Needs.GRADIENTS,
            cost=_FIT,
            find=bezier,
        ),
    )
}
