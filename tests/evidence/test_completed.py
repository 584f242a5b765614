"""What follows from the facts of a document is in it, whoever wrote the document."""

from typing import Any

import pytest

from gatepost.evidence.completed import completed
from gatepost.evidence.document import from_data
from gatepost.problems import GatepostError

ATTACK = {
    "name": "pgd",
    "clean_accuracy": {"value": 0.85, "n": 20},
    "robust_accuracy": {"value": 0.7, "n": 20},
}


def document(**sections: Any) -> dict[str, Any]:
    return {"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": sections}


def test_every_metric_has_its_direction_and_half_width() -> None:
    metrics = {"test_rmse": {"value": 0.4, "low": 0.3, "high": 0.5}, "f1": {"value": 0.4}, "index": {"value": 2.0}}
    performance = {
        "metrics": metrics,
        "slices": [{"name": "region=north", "metrics": {"mae": {"value": 1.0}}}],
        "versus_baseline": {"log_loss": {"difference": 0.1}},
        "calibration": {"ece": {"value": 0.1}, "slope": {"value": 1.0}},
    }
    found = completed({"performance": performance})["performance"]
    assert found["metrics"]["test_rmse"] == metrics["test_rmse"] | {"higher_is_better": False, "half_width": 0.1}
    assert found["metrics"]["f1"] == {"value": 0.4, "higher_is_better": True}
    assert found["metrics"]["index"] == {"value": 2.0}
    assert found["slices"][0]["metrics"]["mae"]["higher_is_better"] is False
    assert found["versus_baseline"]["log_loss"] == {"difference": 0.1, "higher_is_better": False}
    assert found["calibration"] == {"ece": {"value": 0.1, "higher_is_better": False}, "slope": {"value": 1.0}}
    from_data(document(performance=found), "e.json")


def test_an_accuracy_drop_is_that_of_the_counts() -> None:
    found = completed(
        {"robustness": {"attacks": [ATTACK]}, "more": {"stress": {"robustness": {"attacks": [ATTACK]}}}}
    )
    drop = {"value": 0.15, "n": 20, "higher_is_better": False}
    assert found["robustness"]["attacks"][0]["accuracy_drop"] == drop
    assert found["more"]["stress"]["robustness"]["attacks"][0]["accuracy_drop"] == drop
    from_data(document(**found), "e.json")


def test_what_was_measured_is_kept() -> None:
    measured = {"value": 0.15, "low": 0.05, "high": 0.36, "n": 20}
    found = completed({"robustness": {"attacks": [ATTACK | {"accuracy_drop": measured}]}})
    assert found["robustness"]["attacks"][0]["accuracy_drop"].items() >= measured.items()
    assert completed(found) == found


def test_the_difference_from_the_baseline_is_made_of_the_counts_of_both() -> None:
    own = {"accuracy": {"value": 0.7, "n": 10, "difference_from_baseline": 5.0}, "f1": {"value": 0.5}}
    theirs = {"performance": {"metrics": {"accuracy": {"value": 0.8, "n": 20}, "recall": {"value": 0.5}}}}
    found = completed({"performance": {"metrics": own}}, theirs)["performance"]["metrics"]
    assert found["accuracy"]["difference_from_baseline"] == -0.1 != 0.7 - 0.8
    assert "difference_from_baseline" not in found["f1"]
    # Only the judge knows the baseline: what the document says of it is not believed.
    alone = completed({"performance": {"metrics": own}})["performance"]["metrics"]
    assert "difference_from_baseline" not in alone["accuracy"]


@pytest.mark.parametrize("key", ["metrics", "versus_baseline"])
def test_a_direction_against_the_name_is_refused(key: str) -> None:
    content = {"accuracy": {"higher_is_better": False}, "our_index": {"higher_is_better": False}}
    with pytest.raises(GatepostError) as caught:
        from_data(document(performance={key: content}), "e.json")
    (problem,) = caught.value.problems
    assert problem.what == "`accuracy` is stated to be better when it is lower, and is better when it is higher"
