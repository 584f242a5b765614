"""Fairness by group: rates by fairlearn from counts, ratios against a reference that is not two people.

The reference of an attribute is by default its most selected group, among groups large enough to be one. The choice
of the largest of several rates is allowed for: with k groups that could have been chosen, an interval of one group
holds at level 1 - 0.05 / (k - 1), and the adjusted interval, which holds for all groups together, at
1 - 0.05 / (k (k - 1) / 2) (Bonferroni over the pairs).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from gatepost.collect import tables
from gatepost.collect.favorable import favorable_label
from gatepost.collect.group_rates import Counts, attribute_summary, count_groups, group_rates
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.statistics.proportions import holm, ratio_interval, ratio_p_value
from gatepost.problems import did_you_mean

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "fairness"
version = "1"
sections = ("fairness",)
extra = "fairness"
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Measures how the model treats groups of people.",
    "examples": [
        {
            "data": "data/holdout.parquet",
            "label": "label",
            "prediction": "prediction",
            "attributes": ["sex", "age_group"],
        }
    ],
    "properties": {
        **{key: schema for key, schema in tables.OPTIONS.items() if key != "score"},
        "attributes": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "minLength": 1},
            "description": "Columns of protected attributes.",
        },
        "intersections": {
            "oneOf": [{"type": "boolean"}, {"type": "integer", "minimum": 2}],
            "description": "Depth to which attributes are crossed; true for 2.",
        },
        "reference": {
            "type": "string",
            "minLength": 1,
            "description": "most_selected (default), largest, or the name of a group.",
        },
        "min_reference_n": {
            "type": "integer",
            "minimum": 1,
            "description": "Fewest rows of a group that others are compared with (30).",
        },
    },
    "required": ["data", "attributes"],
    "additionalProperties": False,
}

MIN_REFERENCE_N = 30
MIN_REFERENCE_SHARE = 0.02
_MAX_GROUPS = 200
_ALPHA = 0.05


def describe(options: Mapping[str, Any]) -> str:
    """Name the data and the attributes."""
    return f"{options.get('data', '')}, {' x '.join(options.get('attributes', ()))}"


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the data and the model."""
    return tables.table_fingerprint(options, context)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Measure.

    Raises:
        CollectorError: the data cannot be used.
    """
    if "prediction" not in options and "model" not in options:
        raise CollectorError("neither `prediction` nor `model` is named", advice="name one of the two")
    roles: list[tables.Role] = [(column, ("attributes", index)) for index, column in enumerate(options["attributes"])]
    if "label" in options:
        roles.append((options["label"], ("label",)))
    table = tables.read(options, context, roles)
    frame, shown = table.frame, options["data"]
    assert table.prediction is not None
    truth = tables.labels(frame, options["label"], ("label",), shown) if "label" in options else None
    predicted = tables.labels(frame, table.prediction, ("prediction",), shown)
    favorable = favorable_label(options, truth, predicted)
    groups: list[dict[str, Any]] = []
    summaries: list[dict[str, Any]] = []
    notes: list[str] = []
    for columns in _crossings(options):
        counts = _count(frame, columns, truth, predicted, favorable)
        rows, summary = _measure(" x ".join(columns), counts, len(frame), options, notes)
        groups += [{**row, "dataset": table.name} for row in rows]
        summaries.append({**summary, "dataset": table.name})
    section: dict[str, Any] = {
        "dataset": table.name,
        "n": len(frame),
        "prediction": options.get("prediction") or options.get("model"),
        "favorable": favorable,
        "reference": options.get("reference", "most_selected"),
        "min_reference_n": options.get("min_reference_n", MIN_REFERENCE_N),
        "groups": groups,
        "attributes": summaries,
    }
    if "label" in options:
        section["label"] = options["label"]
    return Collected({"fairness": section}, uri=table.name, digest=table.digest, notes=tuple(notes))


def _crossings(options: Mapping[str, Any]) -> list[tuple[str, ...]]:
    depth = options.get("intersections", False)
    deepest = 2 if depth is True else 1 if depth is False else int(depth)
    attributes = list(dict.fromkeys(options["attributes"]))
    return [found for size in range(1, deepest + 1) for found in combinations(attributes, size)]


def _count(
    frame: Any, columns: tuple[str, ...], truth: list[Any] | None, predicted: list[Any], favorable: Any
) -> dict[str, Counts]:
    counts = count_groups(frame, columns, truth, predicted, favorable)
    if len(counts) > _MAX_GROUPS:
        what = f"`{' x '.join(columns)}` has {len(counts)} groups; {_MAX_GROUPS} is the most"
        advice = "group the values (age into bands, rare ones together) in a column of their own"
        raise CollectorError(what, option=("attributes",), advice=advice)
    return counts


def _measure(
    attribute: str, counts: Mapping[str, Counts], total: int, options: Mapping[str, Any], notes: list[str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    least = options.get("min_reference_n", MIN_REFERENCE_N)
    able = [g for g, c in counts.items() if c.n >= least and c.n >= MIN_REFERENCE_SHARE * total]
    reference = _reference(attribute, counts, able, options)
    if reference is None:
        notes.append(f"{attribute}: no group has the {least} rows and 2 % that a reference needs")
    rows = []
    for group, count in counts.items():
        row: dict[str, Any] = {
            "attribute": attribute,
            "group": group,
            "n": count.n,
            "share": count.n / total,
            "is_reference": group == reference,
            "n_selected": count.selected,
            **group_rates(count),
        }
        if count.n < least:
            row["excluded_reason"] = f"fewer than {least} rows"
        rows.append(row)
    if reference is not None:
        _compare(rows, counts, reference, len(able), options, notes)
    compared = {group: count for group, count in counts.items() if count.n >= least}
    summary = {"name": attribute, "n_groups": len(compared), **attribute_summary(compared)}
    return rows, summary if reference is None else {**summary, "reference": reference}


def _reference(
    attribute: str, counts: Mapping[str, Counts], able: list[str], options: Mapping[str, Any]
) -> str | None:
    wanted = options.get("reference", "most_selected")
    if wanted == "most_selected":
        return max(able, key=lambda group: (counts[group].selected / counts[group].n, counts[group].n), default=None)
    if wanted == "largest":
        return max(able, key=lambda group: counts[group].n, default=None)
    if wanted in counts:
        return str(wanted)
    if " x " in attribute:  # a name of one attribute's group; crossings take their most selected
        return max(able, key=lambda group: (counts[group].selected / counts[group].n, counts[group].n), default=None)
    advice = did_you_mean(wanted, counts) or "it has: " + ", ".join(counts)
    raise CollectorError(f"`{attribute}` has no group `{wanted}`", option=("reference",), advice=advice)


def _compare(
    rows: list[dict[str, Any]],
    counts: Mapping[str, Counts],
    reference: str,
    candidates: int,
    options: Mapping[str, Any],
    notes: list[str],
) -> None:
    base = counts[reference]
    if base.selected == 0:
        reason = "no one of the reference group was selected"
        notes.append(f"{rows[0]['attribute']}: {reason}, so that impact ratios are undefined")
        return
    # Where the reference is chosen by its rate, any pair of groups could have been compared.
    chosen = options.get("reference", "most_selected") == "most_selected"
    others = max(1, len(counts) - 1)
    single = max(1, candidates - 1) if chosen else 1
    together = max(single, len(counts) * others // 2) if chosen else others
    compared = [row for row in rows if not row["is_reference"]]
    p_values = [ratio_p_value(counts[r["group"]].selected, r["n"], base.selected, base.n) for r in compared]
    for row, p_adjusted in zip(compared, holm(p_values), strict=True):
        count = counts[row["group"]]
        cells = (count.selected, count.n, base.selected, base.n)
        low, high = ratio_interval(*cells, 1 - _ALPHA / single)
        low_adjusted, high_adjusted = ratio_interval(*cells, 1 - _ALPHA / together)
        metric = {
            "value": (count.selected / count.n) / (base.selected / base.n),
            "low": low,
            "high": high,
            "n": count.n,
            "method": "miettinen-nurminen",
            "low_adjusted": low_adjusted,
            "high_adjusted": high_adjusted,
            "p_adjusted": p_adjusted,
        }
        row["impact_ratio"] = {key: value for key, value in metric.items() if value is not None}
