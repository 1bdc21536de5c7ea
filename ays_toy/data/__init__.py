"""Distributions of points, all of them Gaussian mixtures: preset, drawn or read from files; their exact denoisers."""
