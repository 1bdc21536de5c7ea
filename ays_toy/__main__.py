"""`ays`, or `python -m ays_toy`: the command line."""

import sys
from pathlib import Path

from ays_toy.cli import app


def main() -> None:
    """Run the command line, under the name by which it was called."""
    installed = Path(sys.argv[0]).stem == "ays"
    app(prog_name="ays" if installed else "python -m ays_toy")


if __name__ == "__main__":
    main()
