"""What schedules are called: one name each, the same in legends, tables, links, files, commands and code.

The keys are the names that links, commands and results use; the titles are what people read.
"""

from collections.abc import Mapping

KLUB_POWER = 3.0  # the weight of the paper's bound

FAMILIES: Mapping[str, tuple[str, str]] = {  # title, and what it is
    "edm": ("EDM", "Uniform in σ^(1/7) (Karras et al. 2022)."),
    "logsnr": ("LogSNR", "Uniform in log σ."),
    "time-uniform": ("Time-uniform", "Uniform in the time of the VP process with linear β, 0.1 to 20."),
    "time-quadratic": ("Time-quadratic", "Uniform in the square root of that time."),
    "cosine": ("Cosine", "Uniform in the time of the cosine log-SNR process."),
    "gaussian": ("Gaussian-optimal", "Uniform in atan(σ/0.5): best for a Gaussian (AYS, Theorem 3.1)."),
}
RIVALS: Mapping[str, tuple[str, str]] = {  # title, and what it is: how others choose a schedule
    "entropic": ("Entropic", "Every step takes away an equal part of the data's entropy (Stancevic et al. 2025)."),
    "rescaled-entropic": (
        "Rescaled entropic",
        "Even in the same entropy, its rate multiplied by σ (the same paper).",
    ),
    "boss": ("BOSS", "Least sum of the squared errors of Euler's single steps along the ODE (Nguyen et al. 2024)."),
    "gits": ("GITS", "Least sum of the lengths of those errors, not squared (Chen et al. 2024, L2, γ = 1)."),
    "curvature": ("Curvature density", "Steps where the ODE's velocity changes fast (SharpEuler, Gupta et al. 2026)."),
    "dmn": ("DMN", "Least bound on the error of a multistep solver, whatever the data (Xue et al. 2024)."),
    "ld3": ("LD3", "Moved by gradients until few steps end where many do (Tong et al. 2025, hard loss)."),
    "bezier": ("Bézier curve", "On one Bézier curve, fitted as LD3 is (after BézierFlow, Min et al. 2026)."),
}
BASELINES: Mapping[str, str] = {name: title for name, (title, _) in FAMILIES.items()}
FOUND: Mapping[str, str] = {
    "choice": "Automatic choice",
    "ays": "AYS",
    "ays-at-rest": "AYS at rest",
    "klub-optimum": "KLUB optimum",
    "p-optimum": "p-optimum",
    "ode-optimum": "ODE optimum",
}
TITLES: Mapping[str, str] = {
    **FOUND,
    **{"published": "Published", "pipeline": "Pipeline's own", "yours": "Yours"},
    **{name: title for name, (title, _) in {**FAMILIES, **RIVALS}.items()},
}
ABOUT: Mapping[str, str] = {
    "choice": "What the project recommends: the best of optima, blends and baselines by samples on held-out seeds, all "
    "its levels then moved along the gradient of the metric.",
    "ays": "The paper's coordinate search on KLUB, stopped early by the rule.",
    "ays-at-rest": "The same search, not stopped: until no level moves any more.",
    "klub-optimum": "Least KLUB (the weight σ⁻³, p = 3) of all schedules, by dynamic programming.",
    "p-optimum": "The same programme with the weight σ⁻ᵖ; lower p cares less about the finest detail.",
    "ode-optimum": "The same programme over the errors that a solver's single steps make along the ODE.",
    "published": "The authors' own lists, for models of images.",
    "pipeline": "What diffusers' image-to-image pipeline does with this strength.",
    "yours": "Levels put by hand, or brought as a list.",
    **{name: about for name, (_, about) in {**FAMILIES, **RIVALS}.items()},
}
USUAL = ("choice", "ays", "klub-optimum", "p-optimum", *BASELINES)  # what a table has of itself
COMPARED = (*USUAL, *RIVALS)  # of any number of steps, on 2D data

METHODS: Mapping[str, str] = {
    "choice": "the automatic choice",
    "ays": "the paper's search, stopped by the rule",
    "klub-optimum": "least KLUB, by one pass",
    "p-optimum": "the same with the weight --power",
}
SEARCHED = ("choice", "ays")  # those that look at samples, and take their time for it
QUEUED = (*SEARCHED, "dmn", "ld3", "bezier")  # all that take seconds, so that no page waits for them


def optimum(power: float) -> str:
    """The name of the optimum for a weight: for the paper's it is the KLUB optimum."""
    return "klub-optimum" if power == KLUB_POWER else "p-optimum"


def title(name: str, power: float | None = None) -> str:
    """The title of a name; a p-optimum's says which p."""
    if name == "p-optimum" and power is not None:
        return TITLES["klub-optimum"] if power == KLUB_POWER else f"{TITLES[name]}, p = {power:g}"
    return TITLES.get(name, name)


def ode_optimum(gamma: float) -> str:
    """The title of the optimum over the local errors of the ODE, added up with that power."""
    return f"{TITLES['ode-optimum']}, γ = {gamma:g}"


def blend(first: str, second: str, share: float) -> str:
    """The title of the schedule that lies a share of the way from the first title's to the second's."""
    return f"{second}, {100 * share:.0f} % from {first}"
