"""AYS Explorer: diffusion sampling schedules on 2D data, exactly and live.

The mathematics of *Align Your Steps* (Sabour, Fidler, Kreis, ICML 2024, arXiv 2404.14507; "AYS, Eq. n" in the
docstrings). Everything here works without a browser; the screens live in `pages/` and `ays_toy/ui/`.

Conventions: a noise level is called sigma and is its own time; a schedule of n steps is a NumPy float64 array of n+1
strictly descending sigmas; a denoiser is any callable `denoiser(x, sigma) -> x0_hat`.
"""

import os

# Before torch is loaded: let its idle threads sleep. By default they spin, which with any other process on the same
# cores makes a PathGram 5 to 30 times slower (measured on two cores, one of them busy); alone it gains a tenth.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
