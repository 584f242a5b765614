"""The codes of the lint: a line each. They are stable: a number is never used for another mistake."""

from __future__ import annotations

__all__ = ["CODES", "UNREADABLE", "level", "title"]

UNREADABLE = "GP-L001"

CODES: dict[str, tuple[str, str]] = {
    # code: (level, title)
    UNREADABLE: ("error", "The file is not of the form that it must have"),
    "GP-L002": ("error", "The expression is no CEL"),
    "GP-L003": ("error", "The evidence has no such field"),
    "GP-L004": ("error", "There is no such name in scope"),
    "GP-L005": ("error", "The policy declares no such param"),
    "GP-L006": ("error", "The types do not go together"),
    "GP-L007": ("error", "True or false is needed"),
    "GP-L008": ("error", "A metric is compared as if it were a number"),
    "GP-L009": ("error", "CEL has no such function, or it takes other arguments"),
    "GP-L010": ("error", "The macro cannot run over this"),
    "GP-L011": ("error", "for_each needs a list or a map of the evidence"),
    "GP-L012": ("error", "The name is taken"),
    "GP-L013": ("error", "The rule could pass when evidence is deleted"),
    "GP-L014": ("error", "The value can never be this word"),
    "GP-L015": ("error", "Evidence holds no null"),
    "GP-L016": ("error", "The calendar has no such date"),
    "GP-L017": ("error", "The name is used twice"),
    "GP-L018": ("error", "A brace of the template is not closed"),
    "GP-L019": ("error", "The default of a param is not allowed by its own limits"),
    "GP-L020": ("error", "The engine refuses the expression"),
    "GP-L021": ("warning", "The param is not used"),
    "GP-L022": ("warning", "The name of `let` is not used"),
    "GP-L023": ("error", "No catalogue knows the control"),
    "GP-L024": ("error", "The condition always comes out the same"),
    "GP-L025": ("error", "The expression reads nothing that could change"),
    "GP-L026": ("warning", "Nested macros may meet the engine's budget"),
    "GP-L027": ("warning", "The items have no stable names"),
    "GP-L028": ("error", "A pattern or an `extends` names nothing"),
    "GP-L029": ("warning", "A policy in a folder is not in force because of its name"),
    "GP-L030": ("warning", "A date after `now` counts as recent"),
    "GP-L031": ("warning", "Arithmetic on measured numbers is compared with a limit"),
}


def level(code: str) -> str:
    """Return ``error`` or ``warning``."""
    return CODES[code][0]


def title(code: str) -> str:
    """Say in a few words what is wrong."""
    return CODES[code][1]
