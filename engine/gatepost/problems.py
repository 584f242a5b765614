"""What a person is told when something is wrong: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

__all__ = ["GatepostError", "Place", "Problem", "did_you_mean", "format_problem"]

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
    """Give ``did you mean `x`?`` for the nearest known name, or an empty string.

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
    """Render a problem with its source line and a caret, ready for a terminal."""
    lines = [f"{head}: {problem.what}"]
    place = problem.place
    if place is not None:
        lines.append(f"  {place}")
    if place is not None and place.line is not None and problem.source_line:
        number = f"{place.line:>6}"
        lines.append(f"{number} | {problem.source_line}")
        start = (place.column or 1) - 1
        same_line = place.end_line in (None, place.line)
        end = place.end_column - 1 if place.end_column and same_line else len(problem.source_line.rstrip())
        # Tabs before the caret are kept so that it stands under the same column.
        indent = "".join("\t" if c == "\t" else " " for c in problem.source_line[:start])
        caret = "^" * max(1, end - start)
        lines.append(f"{' ' * 6} | {indent}{caret} {problem.advice}".rstrip())
    elif problem.advice:
        lines.append(f"  {problem.advice}")
    return "\n".join(lines)
