"""From the verdict and its evidence to the page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatepost.evidence.document import Evidence
from gatepost.evidence.locations import place_of
from gatepost.evidence.numbers import show
from gatepost.evidence.rows import rows, sections
from gatepost.ranking import is_blocking, ranked
from gatepost.report.html.charts import charts
from gatepost.report.interface import Style
from gatepost.report.wording import (
    DECISIONS,
    counted,
    note_of,
    page_of,
    reasons,
    sentence,
    steps,
    troubles,
    waiver_of,
)
from gatepost.text import harmless
from gatepost.verdict import ACTIVE, Margin, Result, Verdict

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

__all__ = ["render"]

_FOLDER = Path(__file__).parent
_MOST_ENTRIES = 500
_LABELS = {"risk_tier": "Risk tier", "task": "Task", "uri": "Model", "digest": "Digest of the model"}


def render(verdict: Verdict, style: Style, evidence: Evidence | None = None) -> str:
    """Return the page; ``evidence`` is what the verdict names, without which charts and tables of it are left out."""
    findings = [result for result in ranked(verdict.results) if result.outcome in ACTIVE]
    page = _template().render(
        verdict=verdict,
        name=" ".join(str(verdict.subject[key]) for key in ("name", "version") if key in verdict.subject),
        decision=DECISIONS[verdict.decision],
        counts=counted(verdict),
        reasons=reasons(verdict),
        troubles=[trouble for trouble in troubles(verdict) if trouble.name != "judgement"],
        facts=list(_facts(verdict)),
        findings=findings,
        word=_word,
        sentence=sentence,
        page_of=page_of,
        note_of=note_of,
        steps=steps,
        kinds=_kinds(findings),
        rules=list(_rules(verdict)),
        waived=[(one, waiver_of(one, verdict)) for one in verdict.results if one.outcome == "waived"],
        charts=charts(evidence.sections, verdict) if evidence is not None else [],
        sections=list(_sections(evidence)) if evidence is not None else [],
        evidence=evidence,
        show=show,
    )
    return page.rstrip() + "\n"


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # only this report needs it

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=lambda value: harmless(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["coded"] = _coded
    script, sheet = ((_FOLDER / name).read_text("utf-8") for name in ("page.js", "page.css"))
    # What the page may do is told to the browser: nothing but this script and this sheet.
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(sheet)}'; base-uri 'none'"
    return environment.get_template(
        "page.html.j2",
        globals={"script": _Raw(script), "sheet": _Raw(sheet), "content_policy": f"{policy}; form-action 'none'"},
    )


def _coded(text: str) -> Markup:
    """Show what stands between backticks as code; everything is escaped."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in harmless(text).split("`")]
    if len(parts) % 2 == 0:  # one is without its fellow
        parts[-2:] = [parts[-2] + escape("`") + parts[-1]]
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


class _Raw(str):
    """A text of our own, which is put into the page as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    for key, label in _LABELS.items():
        if key in verdict.subject:
            yield label, show(verdict.subject[key])
    if verdict.now:
        yield "Judged at", verdict.now
    if verdict.evidence.get("digest"):
        yield "Digest of the evidence", str(verdict.evidence["digest"])
    if verdict.baseline:
        yield "Digest of the baseline", str(verdict.baseline["digest"])
    if verdict.trusted:
        yield "Judged by the rules of", f"{verdict.trusted.ref} ({verdict.trusted.commit})"
    if verdict.engine:
        yield "CEL engine", f"{verdict.engine.name} {verdict.engine.version}"
    yield from ((key.capitalize(), value) for key, value in verdict.context.items())


def _word(result: Result) -> str:
    """Return what a finding does: its severity where it blocks, else its enforcement."""
    if result.outcome == "error":
        return "error"
    return result.severity if is_blocking(result) else result.enforcement


def _kinds(findings: list[Result]) -> list[tuple[str, int]]:
    """Return the kinds of findings with their numbers, in the order of the page; one kind may return."""
    found: dict[str, int] = {}
    for kind, group in groupby(map(_word, findings)):
        found[kind] = found.get(kind, 0) + len(list(group))
    return list(found.items())


@dataclass(frozen=True, slots=True)
class _Rule:
    """A row of the table of rules: the worst outcome of its items, and how many came out how."""

    result: Result
    outcome: str
    items: str
    rank: int
    margin: Margin | None = None


def _rules(verdict: Verdict) -> Iterator[_Rule]:
    order = (*ACTIVE, "waived", "pass", "skip")
    of_rule: dict[str, list[Result]] = {}
    for result in verdict.results:
        of_rule.setdefault(result.rule, []).append(result)
    for found in of_rule.values():
        worst = min(found, key=lambda result: order.index(result.outcome))
        numbers: dict[str, int] = {}
        for result in found:
            numbers[result.outcome] = numbers.get(result.outcome, 0) + result.items + result.hidden
        excluded = max(result.excluded for result in found)
        parts = [f"{numbers[outcome]} {outcome}" for outcome in order if outcome in numbers]
        parts += [f"{excluded} excluded"] if excluded else []
        margin = next((result.margin for result in found if result.margin is not None), None)
        yield _Rule(worst, worst.outcome, ", ".join(parts), order.index(worst.outcome), margin)


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of the evidence: its sources, and rows of label, text and place."""

    name: str
    sources: tuple[Mapping[str, Any], ...]
    rows: tuple[tuple[str, str, str], ...]


def _sections(evidence: Evidence) -> Iterator[_Section]:
    names = {source["name"] for source in evidence.sources}
    for name, content in sections(evidence):
        path = ("evidence", *name.split("."))
        found = tuple(
            (label, text, _place(evidence, pointer))
            for label, text, pointer in rows(content, path, names, _MOST_ENTRIES)
        )
        fillers = tuple(source for source in evidence.sources if name in source.get("sections", ()))
        yield _Section(name, fillers, found)


def _place(evidence: Evidence, path: tuple[str, ...]) -> str:
    found = place_of(evidence, path) if path else None
    if found is None:
        return ""
    return f"{found['path']}:{found['line']}" if "line" in found else str(found["path"])
