"""What a person is told when something is wrong: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from gatepost.text import columns, harmless, inert

__all__ = ["GatepostError", "Place", "Problem", "did_you_mean", "format_problem"]

_CUT = "..."
_LONGEST_TEXT = 2000
_LONGEST_LINE = 160
_LONGEST_BEFORE = 80
_MOST_SUGGESTIONS = 20
_MOST_NAMES = 5_000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: path, and 1-based line and column where they are known.

    ``end_column`` is the column after the last character.
    """

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        parts = [self.path]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: ``what`` says it, ``place`` where, ``advice`` what to do, ``source_line`` the text there.

    ``code`` names its kind for the lint (``GP-L003``), where it has one.
    """

    what: str
    place: Place | None = None
    advice: str = ""
    source_line: str = ""
    code: str = ""


class GatepostError(Exception):
    """The gate could not do its job because of the problems it carries (exit code 2)."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("a GatepostError needs a problem")
        super().__init__("; ".join(problem.what for problem in problems))
        self.problems = problems

    @classmethod
    def of(cls, what: str, place: Place | None = None, advice: str = "") -> GatepostError:
        """Make an error with one problem."""
        return cls(Problem(what, place, advice))


def did_you_mean(name: str, known: Iterable[str], told: int = 0) -> str:
    """Return ``did you mean `x`?`` for the nearest known name, or an empty string.

    ``told`` is how many mistakes of the kind were told before: nobody reads a suggestion for each of thousands, and
    each compares the name with all that are known.
    """
    if told > _MOST_SUGGESTIONS or len(name) > _LONGEST_NAME:
        return ""
    import difflib  # only a mistake needs it

    names = [one for one in islice(known, _MOST_NAMES) if len(one) <= _LONGEST_NAME]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""


def format_problem(problem: Problem, head: str = "error") -> str:
    """Render a problem with its source line and a caret, ready for a terminal: all of it harmless, none endless."""
    lines = [f"{head}: {_shortened(problem.what)}"]
    place, advice = problem.place, _shortened(problem.advice)
    if place is not None:
        lines.append(f"  {_shortened(str(place))}")
    if place is not None and place.line is not None and problem.source_line:
        before, marked, after = _excerpt(problem.source_line, place)
        lines.append(f"{place.line:>6} | {before}{marked}{after}")
        # Tabs before the caret are kept so that it stands under the same column.
        indent = "\t".join(" " * columns(part) for part in before.split("\t"))
        caret = "^" * max(1, columns(marked.rstrip()))
        lines.append(f"{' ' * 6} | {indent}{caret} {advice}".rstrip())
    elif advice:
        lines.append(f"  {advice}")
    return "\n".join(inert(line) for line in lines)


def _shortened(text: str) -> str:
    text = harmless(text)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}{_CUT}"


def _excerpt(line: str, place: Place) -> tuple[str, str, str]:
    """Return what a line has before, in and after the marked part; of a long line, only what is near to that."""
    start = min((place.column or 1) - 1, len(line))
    same_line = place.end_line in (None, place.line)
    end = place.end_column - 1 if place.end_column and same_line else len(line.rstrip())
    end = max(start, end)
    before, marked, after = (
        "\t".join(harmless(part) for part in text.split("\t")) for text in (line[:start], line[start:end], line[end:])
    )
    room = _LONGEST_LINE - len(before) - len(marked) - len(after)
    if room >= 0:
        return before, marked, after
    if len(before) > _LONGEST_BEFORE:
        before = _CUT + before[len(_CUT) - _LONGEST_BEFORE :]
    room = _LONGEST_LINE - len(before)
    if len(marked) > room:
        return before, marked[: room - len(_CUT)] + _CUT, ""
    room -= len(marked)
    return before, marked, after if len(after) <= room else after[: max(0, room - len(_CUT))] + _CUT
