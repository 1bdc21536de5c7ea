"""AYS Explorer: diffusion sampling schedules on 2D data, exactly and live.

The mathematics of *Align Your Steps* (Sabour, Fidler, Kreis, ICML 2024, arXiv 2404.14507; "AYS, Eq. n" in the
docstrings). Everything here works without a browser; the screens live in `pages/` and `ays_toy/ui/`.

Conventions: a noise level is called sigma and is its own time; a schedule of n steps is a NumPy float64 array of n+1
strictly descending sigmas; a denoiser is any callable `denoiser(x, sigma) -> x0_hat`.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from ays_toy.version import __version__

if TYPE_CHECKING:
    from ays_toy.data import datasets, denoisers
    from ays_toy.exchange import export
    from ays_toy.pricing import klub, paths
    from ays_toy.sampling import samplers, schedules, solvers

# Before torch is loaded: let its idle threads sleep. By default they spin, which with any other process on the same
# cores makes a PathGram 5 to 30 times slower (measured on two cores, one of them busy); alone it gains a tenth.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# What notebooks call: `from ays_toy import paths`. The packages images, metrics and optimize are there by themselves.
_PUBLIC = {
    "datasets": "data",
    "denoisers": "data",
    "export": "exchange",
    "klub": "pricing",
    "paths": "pricing",
    "samplers": "sampling",
    "schedules": "sampling",
    "solvers": "sampling",
}
__all__ = ["__version__", "datasets", "denoisers", "export", "klub", "paths", "samplers", "schedules", "solvers"]


def __getattr__(name: str) -> Any:
    """Load what is public when it is first asked for: torch, which most of it needs, takes a second or two."""
    if name in _PUBLIC:
        return importlib.import_module(f"ays_toy.{_PUBLIC[name]}.{name}")
    raise AttributeError(f"module 'ays_toy' has no attribute {name!r}")
