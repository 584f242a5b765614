"""``python -m tests.fuzz [TARGET ...] --seconds N``: fuzz by hand, as long as one likes."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.mutations import mutant
from tests.fuzz.running import FuzzError, fuzz, try_one
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"{', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=float, default=60, help="for each target (default: 60)")
    parser.add_argument("--seed", type=int, help="default: a new one, which is printed")
    parser.add_argument("--only", type=int, metavar="N", help="read only the file of this number of the seed")
    parser.add_argument("--file", type=Path, help="read this file instead")
    parser.add_argument("--save", type=Path, help="write the file of --only there")
    given = parser.parse_args()
    unknown = [name for name in given.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target {unknown[0]}: {', '.join(TARGETS)}")
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    for target in [TARGETS[name] for name in given.targets or TARGETS]:
        if given.only is None and given.file is None:
            print(f"{target.name}: seed {seed}, {given.seconds:g} s", flush=True)
            try:
                print(f"{target.name}: {fuzz(target, given.seconds, seed)} files read")
            except FuzzError as error:
                print(error)
                return 1
            continue
        content = given.file.read_bytes() if given.file else mutant(target.corpus(), seed, given.only)
        if given.save:
            given.save.write_bytes(content)
        with tempfile.TemporaryDirectory() as folder:
            reason = try_one(target, content, Path(folder))
        print(reason or f"{target.name}: the file is read as it should be")
        if reason:
            return 1
    return 0


sys.exit(main())
