"""The command ``gatepost``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:  # answered before anything is imported
        from gatepost.__about__ import __version__

        sys.stdout.write(f"gatepost {__version__}\n")
        return
    from gatepost.cli.interrupt import INTERRUPTED, leave

    try:
        from gatepost.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before or after the command itself
        code = INTERRUPTED
    if code == INTERRUPTED:
        leave()
    sys.exit(code)


if __name__ == "__main__":
    main()
