"""The command ``gatepost``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    from gatepost.cli.interrupt import INTERRUPTED, leave
    from gatepost.cli.streams import prepare

    try:
        prepare()
        if sys.argv[1:] == ["--version"] and _print_version():
            return
        from gatepost.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before or after the command itself
        code = INTERRUPTED
    if code == INTERRUPTED:
        leave()
    sys.exit(code)


def _print_version() -> bool:
    """Print the version before anything else is imported; return False where it could not be written."""
    from gatepost.__about__ import __version__

    try:
        sys.stdout.write(f"gatepost {__version__}\n")
        sys.stdout.flush()
    except OSError:
        return False  # the command itself says why
    return True


if __name__ == "__main__":
    main()
