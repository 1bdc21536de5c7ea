"""AYS Explorer: diffusion sampling schedules on 2D data, exactly and live.

The mathematics of *Align Your Steps* (Sabour, Fidler, Kreis, ICML 2024, arXiv 2404.14507; "AYS, Eq. n" in the
docstrings). Everything here works without a browser; the screens live in `pages/` and `ays_toy/ui/`.

Conventions: a noise level is called sigma and is its own time; a schedule of n steps is a NumPy float64 array of n+1
strictly descending sigmas; a denoiser is any callable `denoiser(x, sigma) -> x0_hat`.
"""

__version__ = "0.1.0"
