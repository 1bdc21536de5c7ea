"""Denoisers that are trained, kept and found by name."""
