from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.collect.interface import Collector
from gatepost.collect.registry import Registry
from gatepost.config import load
from gatepost.problems import GatepostError, Place, format_problem


class Broken(Registry):
    """Has one collector that cannot be loaded, as another package may."""

    def names(self) -> list[str]:
        return [*super().names(), "broken"]

    def get(self, name: str) -> Collector | None:
        if name == "broken":
            raise GatepostError.of("the collector `broken` cannot be loaded", advice="mend it")
        return super().get(name)


def entries(folder: Path, text: str) -> list[tuple[str, str | None, int | None]]:
    path = folder / "gatepost.yaml"
    path.write_text(f"subject: {{name: credit}}\npolicies: [p]\ncollect:\n{text}")
    return [(entry.name, entry.more, entry.place.line) for entry in load(path, {}, Broken()).entries]


def test_runs_have_the_order_of_the_file_and_names_of_their_own(tmp_path: Path) -> None:
    text = """  - git: {}
  - file: {path: a.yaml}
    as: stress
  - name: register
    file: {path: b.yaml}
    as: stress
"""
    assert entries(tmp_path, text) == [("git", None, 4), ("file-stress", "stress", 5), ("register", "stress", 8)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "  - gti: {}\n",
            "error: there is no collector `gti`\n  DIR/gatepost.yaml:4:5\n     4 |   - gti: {}\n"
            "       |     ^^^ did you mean `git`? known: mlflow, git, model_card, file,",
        ),
        ("  - xyzzy: {}\n", "^^^^^ known: mlflow, git,"),
        ("  - git: {}\n    requird: false\n", "5:5\n     5 |     requird: false\n       |     ^^^^^^^ did you mean"),
        ("  - git: {}\n    fields: [dirty]\n", "the options of `git` stand below it, indented"),
        ("  - broken: {}\n", "4:5\n     4 |   - broken: {}\n       |     ^^^^^^ mend it"),
        ("  - git: {}\n  - git: {}\n", "two sources are called `git`\n  DIR/gatepost.yaml:5:5"),
        ("  - file: {path: a}\n    as: x\n  - git: {}\n    name: file-x\n", "two sources are called `file-x`"),
    ],
)
def test_a_mistake_is_an_error_at_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(GatepostError) as caught:
        entries(tmp_path, text)
    assert said in "\n".join(map(format_problem, caught.value.problems)).replace(str(tmp_path), "DIR")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(GatepostError) as caught:
        entries(tmp_path, "  - gti: {}\n  - git\n  - {}\n")
    assert [problem.place.line for problem in caught.value.problems if problem.place] == [4, 5, 6]


def test_the_place_of_an_option_is_told(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.yaml"
    path.write_text("subject: {name: c}\npolicies: [p]\ncollect:\n  - file:\n      path: a.yaml\n")
    (entry,) = load(path, {}).entries
    place = entry.option_place(("path",))
    assert place == Place(str(path), 5, 13, 5, 19)
    assert entry.source_line(place) == "      path: a.yaml"
    assert entry.option_place(("no", "such")).line in (4, 5)
