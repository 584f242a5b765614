"""How evidence reads, and what changed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatepost.evidence.difference import Difference
from gatepost.evidence.document import Evidence
from gatepost.evidence.locations import place_of, source_of
from gatepost.evidence.numbers import digits_for, show
from gatepost.evidence.rows import numbers_in, rows, sections, value_text
from gatepost.text import harmless, wrapped

__all__ = ["changed_lines", "origin_lines", "section_lines"]

_LABEL = 26
_MOST = 12


def section_lines(evidence: Evidence, width: int, *, everything: bool) -> str:
    """Return a table by section, with the sources of each section and the places of its facts."""
    lines = wrapped(_title(evidence), width, "  ", "")
    lines += wrapped(evidence.digest, width, "  ", "")
    if evidence.collected_at:
        lines.append(f"collected at {evidence.collected_at}")
    for source in evidence.sources:
        if source["status"] == "failed":
            lines += wrapped(f"failed  {source['name']}: {source.get('error', '')}", width, "  ", "")
    names = {source["name"] for source in evidence.sources}
    for section, content in sections(evidence):
        lines += ["", *_head(evidence, section, width)]
        path = ("evidence", *section.split("."))
        for label, text, pointer in rows(content, path, names, None if everything else _MOST):
            where = _place(evidence, pointer)
            text = text if label else f"{text} (--all)"
            lines += _row(label, f"{text}  {where}" if where else text, width)
    return "\n".join(lines) + "\n"


def _title(evidence: Evidence) -> str:
    facts = ", ".join(
        f"{key} {value_text(value)}" for key, value in evidence.subject.items() if key not in ("name", "version")
    )
    name = " ".join(str(evidence.subject[key]) for key in ("name", "version") if key in evidence.subject)
    return f"{name}  {facts}".rstrip()


def _head(evidence: Evidence, section: str, width: int) -> list[str]:
    fillers = [source for source in evidence.sources if section in source.get("sections", ())]
    return wrapped("; ".join(f"from {_source(source)}" for source in fillers), width, "    ", f"{section}  ")


def _source(source: Mapping[str, Any]) -> str:
    parts = [str(source["name"])]
    if source.get("uri"):
        parts.append(str(source["uri"]))
    if source.get("digest"):
        algorithm, _, digest = str(source["digest"]).partition(":")
        parts.append(f"{algorithm} {digest[:12]}")
    return ", ".join(parts)


def _row(label: str, text: str, width: int) -> list[str]:
    label = harmless(label)
    column = min(_LABEL, width // 3)
    lead = f"  {label}  "
    if len(lead) > column:
        start = "  " + " " * (len(label) - len(label.lstrip()))
        below = wrapped(text, width, start + "    ") if text else []
        return [*wrapped(label.lstrip(), width, start + "  ", start), *below]
    return wrapped(text, width, " " * column, f"{lead:<{column}}")


def _place(evidence: Evidence, path: tuple[str, ...]) -> str:
    found = place_of(evidence, path) if path else None
    return f"[{found['path']}:{found['line']}]" if found is not None and "line" in found else ""


def origin_lines(evidence: Evidence, path: tuple[str, ...]) -> list[str]:
    """Say which source a part came from, and where a person can fix it."""
    source = source_of(evidence, path) if path[:1] == ("evidence",) else None
    lines = [f"from {_source(source)}"] if source is not None else []
    found = place_of(evidence, path) if path else None
    if found is not None:
        lines.append(f"at {found['path']}" + (f":{found['line']}" if "line" in found else ""))
    return [harmless(line) for line in lines]


Rule = tuple[str, str | None, str, str]


def changed_lines(
    before: Evidence, after: Evidence, facts: Sequence[Difference], rules: Sequence[Rule] | None, width: int
) -> str:
    """Return what changed by section, then the rules that come out differently."""
    lines = wrapped(f"{_name(before)} -> {_name(after)}", width, "  ", "")
    if not facts:
        lines.append("nothing changed")
    section = None
    for fact in facts:
        if fact.section != section:
            section = fact.section
            lines += ["", section]
        lines += _row(fact.path, _change(fact), width)
    if rules is not None:
        lines += ["", "rules" if rules else "no rule comes out differently"]
        for rule, item, old, new in rules:
            lines += _row(rule if item is None else f"{rule} {item}", f"{old} -> {new}", width)
    return "\n".join(lines) + "\n"


def _name(evidence: Evidence) -> str:
    name = " ".join(str(evidence.subject[key]) for key in ("name", "version") if key in evidence.subject)
    return harmless(f"{name} ({evidence.digest[:19]})")


def _change(fact: Difference) -> str:
    if fact.before is None:
        return f"added: {value_text(fact.after)}"
    if fact.after is None:
        return f"taken away: {value_text(fact.before)}"
    digits = digits_for(numbers_in(fact.before, fact.after))
    text = f"{value_text(fact.before, digits)} -> {value_text(fact.after, digits)}"
    if fact.by:
        text += f"  {'+' if fact.by > 0 else '-'}{show(abs(fact.by))}"
    if fact.better is not None:
        text += "  better" if fact.better else "  worse"
    if fact.overlap is not None:
        text += "  intervals overlap" if fact.overlap else "  intervals do not overlap"
    return text
