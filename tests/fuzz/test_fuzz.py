"""A short fuzzing of each kind of file, always the same; `python -m tests.fuzz` does it by hand, for longer."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from tests.fuzz.mutations import mutant
from tests.fuzz.running import fuzz
from tests.fuzz.targets import TARGETS

from gatepost.collect.interface import CollectorError
from gatepost.problems import GatepostError

SEED = 1


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_broken_files_are_told(name: str) -> None:
    assert fuzz(TARGETS[name], seconds=12, seed=SEED) > 0


@pytest.mark.parametrize("name", TARGETS)
def test_good_files_are_read(name: str, tmp_path: Path) -> None:
    """A target that refused everything would find nothing."""
    target = TARGETS[name]
    path = tmp_path / f"good{target.suffix}"
    read = 0
    for content in target.corpus():
        path.write_bytes(content)
        with contextlib.suppress(GatepostError, CollectorError):  # a YAML file is one kind of several
            target.read(path)
            read += 1
    assert read > 0 or name == "yaml"


def test_a_seed_makes_the_same_files() -> None:
    corpus = TARGETS["card"].corpus()
    made = [mutant(corpus, 7, number) for number in range(50)]
    assert made == [mutant(corpus, 7, number) for number in range(50)]
    assert len(set(made)) > 40
