"""The robustness collector on a scikit-learn pipeline with numeric and categorical columns."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import jsonschema_rs
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from gatepost.collect.attacks.run import run_attacks
from gatepost.collect.attacks.setting import Task, prepare
from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.isolation import collecting
from gatepost.collect.models.loading import Model
from gatepost.collect.sources import robustness

pytestmark = pytest.mark.filterwarnings("ignore:PyTorch not found")
GERMAN = Path(__file__).parents[3] / "examples/credit-risk/data/german_credit.csv"
MUTABLE = ["duration_months", "credit_amount", "installment_rate"]


class Command:
    """Unpickled, it runs a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(GERMAN)


@pytest.fixture(scope="module")
def folder(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    frame.to_csv(folder / "german.csv", index=False)
    joblib.dump(trained(LogisticRegression(max_iter=1000), frame), folder / "linear.joblib")
    joblib.dump(trained(RandomForestClassifier(10, random_state=0), frame), folder / "forest.joblib")
    return folder


def trained(last: Any, frame: pd.DataFrame) -> Any:
    rows = frame.drop(columns="risk")
    numbers = list(rows.select_dtypes("number"))
    words = [name for name in rows if name not in numbers]
    encoder = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("numbers", StandardScaler(), numbers), ("words", encoder, words)])
    return make_pipeline(columns, last).fit(rows, frame["risk"])


def collect(folder: Path, **options: Any) -> Collected:
    context = Context(folder=folder, repository=folder, timeout_seconds=120.0, memory_bytes=2 * 1024**3)
    given = {"model": "linear.joblib", "data": "german.csv", "label": "risk", "mutable": MUTABLE, **options}
    assert jsonschema_rs.is_valid(dict(robustness.options), given), given
    return collecting.collect(robustness, given, context)


ATTACKS = [
    {"name": "pgd", "norm": "inf", "eps": [0.1, 0.5]},
    {"name": "hopskipjump", "norm": "inf", "eps": [0.5], "max_iter": 5},
    {"name": "noise", "norm": "inf", "eps": [0.5], "draws": 1},
]


@pytest.fixture(scope="module")
def collected(folder: Path) -> Collected:
    return collect(folder, attacks=ATTACKS, rows=80, seed=5)


def test_the_section_is_as_the_schema_has_it(collected: Collected) -> None:
    from gatepost.evidence.schema import bundled

    section = collected.sections["robustness"]
    whole = bundled()
    schema = {**whole["properties"]["evidence"]["properties"]["robustness"], "$defs": whole.get("$defs", {})}
    jsonschema_rs.validate(schema, json.loads(json.dumps(section, allow_nan=False)))
    assert (section["dataset"], section["n"], section["mutable"]) == ("german.csv", 80, MUTABLE)
    shown = [(a["name"], a["knowledge"], a["norm"], a["eps"], a["units"], a["seed"]) for a in section["attacks"]]
    assert shown == [
        ("pgd", "white_box", "inf", 0.1, "sd", 5),
        ("pgd", "white_box", "inf", 0.5, "sd", 5),
        ("hopskipjump", "black_box", "inf", 0.5, "sd", 5),
        ("noise", "black_box", "inf", 0.5, "sd", 5),
    ]


def test_the_numbers_hang_together(collected: Collected) -> None:
    attacks = collected.sections["robustness"]["attacks"]
    assert {attack["status"] for attack in attacks} == {"ok"}
    weak, strong, hopskipjump, noise = attacks
    clean = strong["clean_accuracy"]
    assert (clean["n"], clean["method"]) == (80, "wilson")
    right = round(clean["value"] * 80)
    assert right / 80 == clean["value"]
    for attack in attacks:
        flipped = attack["success_rate"]["value"] * right
        assert attack["success_rate"]["n"] == right
        assert attack["robust_accuracy"]["value"] == pytest.approx((right - flipped) / 80)
        assert (
            attack["robust_accuracy"]["low"] < attack["robust_accuracy"]["value"] < attack["robust_accuracy"]["high"]
        )
        assert 0 < attack["mean_distance"] <= attack["eps"]
    assert strong["robust_accuracy"]["value"] < weak["robust_accuracy"]["value"] < clean["value"]
    # PGD in the sup norm is exact on a linear model, but for whole numbers: nothing beats it.
    assert strong["robust_accuracy"]["value"] <= hopskipjump["robust_accuracy"]["value"]
    assert strong["robust_accuracy"]["value"] < noise["robust_accuracy"]["value"]
    assert strong["queries"] == right
    assert hopskipjump["queries"] > 50 * right
    assert strong["versus_noise"]["difference"] > 0
    worst = collected.sections["robustness"]["worst_case"]
    assert [(row["norm"], row["eps"]) for row in worst] == [("inf", 0.1), ("inf", 0.5)]
    assert worst[1]["robust_accuracy"]["value"] <= strong["robust_accuracy"]["value"]
    assert worst[1]["attacks"] == ["pgd", "hopskipjump", "noise"]


def test_wilson_is_wilsons(collected: Collected) -> None:
    clean = collected.sections["robustness"]["attacks"][0]["clean_accuracy"]
    p, n, z = clean["value"], 80, 1.959963984540054
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert (clean["low"], clean["high"]) == (pytest.approx(middle - half), pytest.approx(middle + half))


@pytest.mark.slow
def test_two_runs_are_identical_and_another_seed_is_not(folder: Path, collected: Collected) -> None:
    again = collect(folder, attacks=ATTACKS, rows=80, seed=5)
    assert json.dumps(again.sections, sort_keys=True) == json.dumps(collected.sections, sort_keys=True)
    assert again.digest == collected.digest
    other = collect(folder, attacks=ATTACKS[-1:], rows=80, seed=6)
    assert other.sections["robustness"]["attacks"][0] != collected.sections["robustness"]["attacks"][-1] | {"seed": 6}


class Watched:
    """A fitted classifier that keeps every frame it is asked about."""

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        self.classes_ = pipeline.classes_
        self.frames: list[pd.DataFrame] = []

    def predict(self, frame: pd.DataFrame) -> Any:
        self.frames.append(frame)
        return self.pipeline.predict(frame)

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        return self.pipeline.predict_proba(frame)


class WatchedLinear(Watched):
    """The same with a decision function."""

    def decision_function(self, frame: pd.DataFrame) -> Any:
        self.frames.append(frame)
        return self.pipeline.decision_function(frame)


@pytest.mark.parametrize("kind", ["linear", "forest"])
def test_the_model_is_only_asked_about_what_an_applicant_could_be(
    frame: pd.DataFrame, folder: Path, kind: str
) -> None:
    watched = (WatchedLinear if kind == "linear" else Watched)(joblib.load(folder / f"{kind}.joblib"))
    features = [name for name in frame if name != "risk"]
    task = Task(label="risk", mutable=MUTABLE)
    setting = prepare(task, Model(watched, True), frame, features, 20)
    attacks: list[dict[str, Any]] = [{"name": "hopskipjump", "eps": [0.5], "max_iter": 2}]
    attacks += [{"name": "noise", "norm": norm, "eps": [0.5]} for norm in ("inf", "2")]
    if kind == "linear":
        attacks += [{"name": "pgd", "norm": norm, "eps": [0.5]} for norm in ("inf", "2")]
    run_attacks(setting, attacks)
    asked = pd.concat(watched.frames)
    fixed = [name for name in features if name not in MUTABLE]
    known = set(frame[fixed].itertuples(index=False, name=None))
    assert set(asked[fixed].itertuples(index=False, name=None)) <= known
    assert asked.dtypes.to_dict() == frame[features].dtypes.to_dict()
    for name in MUTABLE:
        assert asked[name].between(frame[name].min(), frame[name].max()).all()
        assert asked[name].nunique() > 3


@pytest.mark.slow
def test_a_forest_gets_hopskipjump_and_noise_by_default(folder: Path) -> None:
    section = collect(folder, model="forest.joblib", rows=20).sections["robustness"]
    assert [attack["name"] for attack in section["attacks"]] == ["hopskipjump"] * 3 + ["noise"] * 3
    assert [attack["eps"] for attack in section["attacks"]] == [0.1, 0.25, 0.5] * 2


def test_a_dangerous_model_is_refused_before_it_is_loaded(folder: Path, tmp_path: Path) -> None:
    joblib.dump([np.arange(100), Command(tmp_path / "ran")], folder / "evil.joblib")
    with pytest.raises(CollectorError, match=r"posix\.system") as caught:
        collect(folder, model="evil.joblib")
    assert caught.value.option == ("model",)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("options", "said", "option", "advice"),
    [
        ({"label": "rsik"}, "has no column `rsik`", ("label",), "did you mean `risk`?"),
        ({"mutable": ["age", "durations"]}, "no column `durations`", ("mutable", 1), "duration_months"),
        ({"mutable": ["housing"]}, "`housing` does not hold numbers", ("mutable", 0), "numeric"),
        ({"label": "housing"}, "`housing` holds", ("label",), "they are: bad, good"),
        ({"data": "one.csv"}, "holds a single class, good", ("label",), "all classes"),
        ({"data": "gaps.csv"}, "3 of 1000 rows have no `risk`", ("label",), "leave"),
        ({"data": "less.csv"}, "lacks columns that the model needs: age", ("data",), "it has"),
        ({"data": "nothing.csv"}, "cannot read nothing.csv: No such file", ("data",), "name a file"),
        ({"model": "forest.joblib", "attacks": [{"name": "pgd"}]}, "needs a model", ("attacks", 0, "name"), "hop"),
        ({"favorable": "god"}, "has no class god", ("favorable",), "did you mean `good`?"),
    ],
)
def test_options_that_do_not_fit_are_blamed(
    frame: pd.DataFrame,
    folder: Path,
    options: Mapping[str, Any],
    said: str,
    option: tuple[str | int, ...],
    advice: str,
) -> None:
    frame[frame["risk"] == "good"].to_csv(folder / "one.csv", index=False)
    frame.assign(risk=frame["risk"].where(frame.index > 2)).to_csv(folder / "gaps.csv", index=False)
    frame.drop(columns="age").to_csv(folder / "less.csv", index=False)
    with pytest.raises(CollectorError) as caught:
        collect(folder, **options)
    assert said in caught.value.what
    assert caught.value.option == option
    assert advice in caught.value.advice


def test_time_and_memory_are_limited(folder: Path) -> None:
    options = {"model": "linear.joblib", "data": "german.csv", "label": "risk", "mutable": MUTABLE}
    with pytest.raises(CollectorError, match=r"stopped after 0\.5 s"):
        collecting.collect(robustness, options, Context(folder=folder, repository=folder, timeout_seconds=0.5))
    with pytest.raises(CollectorError, match="ran out of memory"):
        collecting.collect(robustness, options, Context(folder=folder, repository=folder, memory_bytes=64 * 1024**2))


def test_columns_without_influence_are_certified(frame: pd.DataFrame, folder: Path) -> None:
    model = trained(LogisticRegression(max_iter=1000), frame)
    at = list(model[0].transformers_[0][2]).index("age")
    model[-1].coef_[0, at] = 0.0
    joblib.dump(model, folder / "ageless.joblib")
    section = collect(folder, model="ageless.joblib", mutable=["age"]).sections["robustness"]
    assert {attack["status"] for attack in section["attacks"]} == {"certified"}
    for attack in (*section["attacks"], *section["worst_case"]):
        assert attack["robust_accuracy"] == attack["clean_accuracy"]
    assert section["attacks"][0]["reason"] == "the model gives no weight to the mutable columns"


def test_a_column_without_a_range_is_inconclusive(frame: pd.DataFrame, folder: Path) -> None:
    frame.assign(age=30).to_csv(folder / "same.csv", index=False)
    found = collect(folder, data="same.csv", mutable=["age"], attacks=[{"name": "noise"}])
    assert found.notes[:-1] == ("age holds a single value, so it has no range to move in",)
    section = found.sections["robustness"]
    assert {attack["status"] for attack in section["attacks"]} == {"inconclusive"}
    assert all("robust_accuracy" not in attack for attack in section["attacks"])
    assert "worst_case" not in section


def test_the_fingerprint_follows_everything_that_counts(folder: Path, tmp_path: Path) -> None:
    for name in ("german.csv", "linear.joblib"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    context = Context(folder=tmp_path, repository=tmp_path)
    options = {"model": "linear.joblib", "data": "german.csv", "label": "risk", "mutable": MUTABLE}
    seen = [robustness.fingerprint(options, context)]
    assert seen[0] == robustness.fingerprint(dict(options), context)
    assert seen[0].cacheable
    for name in ("german.csv", "linear.joblib"):
        with (tmp_path / name).open("ab") as stream:
            stream.write(b"\n")
        seen.append(robustness.fingerprint(options, context))
    (tmp_path / "features.py").write_text("RATE = 1\n")  # a pickled model may import it
    seen.append(robustness.fingerprint(options, context))
    assert len({json.dumps(dict(one.parts), sort_keys=True) for one in seen}) == 4


def test_describe_says_what_runs() -> None:
    options = {"model": "m", "data": "german.csv", "label": "risk", "mutable": MUTABLE}
    assert robustness.describe({**options, "attacks": ATTACKS, "rows": 80}) == (
        "pgd, hopskipjump, noise on 80 rows of german.csv"
    )
    assert robustness.describe(options) == "attacks on german.csv"
