"""The evidence schema is valid, complete and easy to look things up in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from gatepost.evidence import schema
from gatepost.evidence.schema import SECTIONS, Path, bundled, collectors_for, describe, lookup, resolve

FOLDER = File(schema.__file__).with_suffix("")
METRIC = {
    "value",
    "low",
    "high",
    "n",
    "method",
    "low_adjusted",
    "high_adjusted",
    "p_adjusted",
    "null95",
    "undefined_reason",
    "no_interval_reason",
    "higher_is_better",
    "half_width",
    "difference_from_baseline",
}

# Every field that the design names, as paths below `evidence`.
DESIGNED = """
model: framework flavor signature params tags aliases registered_at run_id size_bytes files
model.files[]: path sha256 format
training: run_id user started_at ended_at seed git environment datasets params metrics
training.git: commit dirty remote
training.environment: python packages locked
training.datasets[]: name role digest source rows
documentation: owner contact intended_use limitations business_context stakeholders features metrics_declared
documentation: last_reviewed
documentation.stakeholders[]: name role
documentation.features[]: name reason
data: datasets checks
data.checks[]: id tool dataset column status severity observed expected evaluated_count unexpected_count
data.checks[]: unexpected_share
performance: dataset n threshold metrics classes thresholds slices calibration versus_baseline
performance.slices[]: name n metrics
performance.versus_baseline.auc: difference low high p_value
fairness: dataset label favorable reference groups attributes
fairness.groups[]: attribute group class n share is_reference excluded_reason selection_rate impact_ratio tpr fpr
fairness.groups[]: fnr precision accuracy
fairness.attributes[]: name demographic_parity_difference demographic_parity_ratio equalized_odds_difference
fairness.attributes[]: equalized_odds_ratio
robustness: dataset attacks worst_case
robustness.attacks[]: name norm eps units n seed status reason clean_accuracy robust_accuracy success_rate
robustness.attacks[]: mean_distance queries
robustness.worst_case[]: norm eps robust_accuracy
privacy.attacks[]: name members nonmembers advantage auc tpr_at_fpr
drift: reference current columns share_drifted
drift.columns[]: column method n_reference n_current statistic p_value psi psi_null95 drifted missing_share
drift.columns[]: new_categories
explainability.importances[]: feature value low high
explainability.proxies[]: feature attribute mutual_information
leakage.overlap: rows share
leakage.leaks[]: feature score
artifacts: files scan
artifacts.scan: tool issues
risk.register[]: id description owner treatment residual accepted_by accepted_at
oversight: overseers can_override can_stop interpretation
oversight.overseers[]: name role trained_at
assessments[]: kind by independent date uri
approvals[]: by role at version source
access.permissions[]: who may on
logging: enabled retention_days fields
incidents[]: id opened closed severity summary
monitoring: plan alerts signals last_seen evaluations
monitoring.evaluations[]: name value low high n
"""

METRICS = """
fairness.groups[]: selection_rate impact_ratio tpr fpr fnr precision accuracy
fairness.attributes[]: demographic_parity_difference demographic_parity_ratio equalized_odds_difference
fairness.attributes[]: equalized_odds_ratio
robustness.attacks[]: clean_accuracy robust_accuracy success_rate
robustness.worst_case[]: robust_accuracy
performance.metrics: auc
performance.slices[].metrics: f1
privacy.attacks[]: advantage auc
"""


def _paths(table: str) -> Iterator[Path]:
    for line in table.strip().splitlines():
        head, _, names = line.partition(": ")
        base: list[str | int] = ["evidence"]
        for part in head.split("."):
            base += [part.removesuffix("[]"), *([0] if part.endswith("[]") else [])]
        for name in names.split():
            yield (*base, name)


def _walk(part: Mapping[str, Any], path: Path = (), within: tuple[int, ...] = ()) -> Iterator[tuple[Path, Any]]:
    """Give every field, list entry and map entry of the schema, with references followed."""
    part = resolve(part)
    if path:
        yield path, part
    if path[:2] == ("evidence", "more"):
        return
    for name, below in part.get("properties", {}).items():
        yield from _walk(below, (*path, name))
    for key, name in (("items", 0), ("additionalProperties", "name")):
        if isinstance(part.get(key), Mapping):
            yield from _walk(part[key], (*path, name))


FIELDS = dict(_walk(bundled()))


def test_is_valid_draft_2020_12_by_two_validators() -> None:
    assert bundled()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(bundled())
    jsonschema_rs.Draft202012Validator(bundled(), validate_formats=True, offline=True)


def test_every_file_is_bundled_and_every_section_has_a_file() -> None:
    files = {file.stem for file in FOLDER.glob("*.json")}
    assert files == {*SECTIONS, "evidence", "common"}
    assert set(bundled()["properties"]["evidence"]["properties"]) == {*SECTIONS, "custom", "more"}


def test_bundle_is_self_contained() -> None:
    text = json.dumps(bundled())
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        assert reference.startswith("#/$defs/")
        assert resolve({"$ref": reference}) != {}


def test_bundle_is_made_once() -> None:
    assert bundled() is bundled()


@pytest.mark.parametrize("path", list(_paths(DESIGNED)), ids=lambda path: ".".join(map(str, path)))
def test_has_the_fields_of_the_design(path: Path) -> None:
    assert lookup(path) is not None


@pytest.mark.parametrize("path", list(_paths(METRICS)), ids=lambda path: ".".join(map(str, path)))
def test_measured_fields_are_metrics(path: Path) -> None:
    assert set((lookup(path) or {})["properties"]) == METRIC


def test_walk_sees_the_whole_schema() -> None:
    assert len(FIELDS) > 400
    assert ("evidence", "fairness", "groups", 0, "impact_ratio", "high") in FIELDS


def test_every_field_says_what_it_means() -> None:
    silent = [path for path in FIELDS if isinstance(path[-1], str) and len(describe(path)) < 5]
    assert silent == []


def test_every_field_has_one_type_but_for_the_open_ones() -> None:
    untyped = [path for path, part in FIELDS.items() if not isinstance(part.get("type"), str)]
    names = {".".join(str(step) for step in path[1:]) for path in untyped}
    assert names == {
        "custom.name",
        "data.checks.0.expected",
        "data.checks.0.observed",
        "fairness.favorable",
        "model.params.name",
        "performance.favorable",
        "training.params.name",
    }


def test_counts_are_integers_and_shares_are_numbers() -> None:
    for path, part in FIELDS.items():
        if path[-1] in ("n", "rows", "members", "size_bytes") or "a count" in part.get("description", "")[-8:]:
            assert part["type"] == "integer", path
        if path[-1] in ("value", "low", "high", "share", "psi", "eps"):
            assert part["type"] == "number", path


def test_times_have_a_format() -> None:
    times = {path for path in FIELDS if str(path[-1]).endswith("_at") or path[-1] in ("at", "last_seen", "date")}
    assert len(times) > 10
    assert [path for path in times if FIELDS[path].get("format") != "date-time"] == []


def test_objects_are_closed_and_maps_say_what_they_hold() -> None:
    for path, part in FIELDS.items():
        if part.get("type") == "object" and path != ("custom_schema",):
            assert part["additionalProperties"] is not True, path
            if "properties" in part:
                assert part["additionalProperties"] is False, path


def test_entries_carry_source_and_dataset() -> None:
    entries = [(path, part) for path, part in FIELDS.items() if path[-1] == 0 and part.get("type") == "object"]
    assert len(entries) > 20
    for path, part in entries:
        if path[0] == "evidence":
            assert {"source", "dataset"} <= set(part["properties"]), path


def test_every_field_names_its_collectors() -> None:
    nameless = [path for path in FIELDS if path[:1] == ("evidence",) and path[1:2] != ("more",) and len(path) > 1]
    assert [path for path in nameless if not collectors_for(path)] == []


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (("evidence", "documentation", "owner"), ("model_card", "file")),
        (("evidence", "training", "git", "dirty"), ("git", "mlflow", "file")),
        (("evidence", "training", "seed"), ("mlflow", "file")),
        (("evidence", "data", "checks", 3, "status"), ("great_expectations", "file")),
        (("evidence", "fairness", "groups", 0, "impact_ratio", "high"), ("fairness", "file")),
        (("evidence", "more", "stress", "robustness", "attacks"), ("robustness", "file")),
        (("evidence", "risk", "register"), ("file",)),
        (("evidence", "custom", "anything"), ("file",)),
        (("subject", "version"), ("mlflow",)),
        (("subject", "name"), ()),
        (("evidence", "fairnes"), ()),
        ((), ()),
    ],
)
def test_collectors_for(path: Path, names: tuple[str, ...]) -> None:
    assert collectors_for(path) == names


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ((), "object"),
        (("evidence", "fairness", "groups"), "array"),
        (("evidence", "fairness", "groups", 7), "object"),
        (("evidence", "fairness", "groups", 0, "impact_ratio", "high"), "number"),
        (("evidence", "more", "stress", "fairness", "groups", 0, "n"), "integer"),
        (("evidence", "more", "stress", "custom"), "object"),
        (("evidence", "performance", "metrics", "auc", "value"), "number"),
        (("evidence", "training", "metrics", "loss"), "number"),
        (("evidence", "model", "tags", "team"), "string"),
        (("evidence", "approvals", 0, "at"), "string"),
        (("sources", 0, "location", "line"), "integer"),
        (("locations", "/evidence/model", "path"), "string"),
    ],
)
def test_lookup_finds(path: Path, kind: str) -> None:
    assert (lookup(path) or {})["type"] == kind


@pytest.mark.parametrize(
    "path",
    [
        ("evidence", "fairness", "gruops"),
        ("evidence", "fairness", 0),
        ("evidence", "fairness", "groups", "n"),
        ("evidence", "fairness", "groups", 0, "impact_ratio", "high", "x"),
        ("evidence", "more", "stress", "more"),
        ("evidence", "nothing", "below", "that"),
        ("nothing",),
    ],
)
def test_lookup_knows_what_is_unknown(path: Path) -> None:
    assert lookup(path) is None
    assert describe(path) == ""


def test_lookup_allows_anything_where_the_schema_is_open() -> None:
    assert lookup(("evidence", "data", "checks", 0, "observed", "mean")) == {}
    assert "type" not in (lookup(("evidence", "custom", "a")) or {"type": "unknown"})
    assert lookup(("evidence", "custom", "a", "b", 0)) == {}


CUSTOM = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "carbon": {"$ref": "#/$defs/mass", "description": "Emissions of the training."},
        "loose": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "self": {"$ref": "#"},
        "ring": {"$ref": "#/$defs/ring"},
    },
    "$defs": {"mass": {"type": "number", "description": "Mass in kilograms."}, "ring": {"$ref": "#/$defs/ring"}},
}


def test_lookup_below_custom_by_the_schema_that_travels() -> None:
    assert (lookup(("evidence", "custom", "carbon"), CUSTOM) or {})["type"] == "number"
    assert (lookup(("evidence", "more", "x", "custom", "self", "carbon"), CUSTOM) or {})["type"] == "number"
    assert lookup(("evidence", "custom", "carbn"), CUSTOM) is None
    assert lookup(("evidence", "custom", "loose", "any"), CUSTOM) == {}
    assert lookup(("evidence", "custom", "ring"), CUSTOM) == {}
    assert describe(("evidence", "custom", "carbon"), CUSTOM) == "Emissions of the training."


def test_describe_prefers_the_field_to_its_type() -> None:
    assert describe(("evidence", "fairness", "groups", 0, "impact_ratio")).startswith("Selection rate divided by")
    assert "95 %" in describe(("evidence", "fairness", "groups", 0, "impact_ratio", "high"))
