"""The version of the package, which files that are taken away name too."""

__version__ = "0.1.0"
