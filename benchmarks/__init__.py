"""Speed and evidence, each module a command that prints a table and writes JSON; and the README's pictures."""

import ays_toy  # noqa: F401 (first, so that torch is loaded with its settings)
