"""The command ``gatepost``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:  # answered before anything is imported
        from gatepost.__about__ import __version__

        sys.stdout.write(f"gatepost {__version__}\n")
        return
    from gatepost.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
