"""The attacks on models whose answer is known exactly, and the proofs that need no attack."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PolynomialFeatures, StandardScaler

from gatepost.collect.attacks.certificate import certificate
from gatepost.collect.attacks.measure import worst_case
from gatepost.collect.attacks.run import run_attacks
from gatepost.collect.attacks.setting import Setting, Task, prepare
from gatepost.collect.interface import CollectorError
from gatepost.collect.models.loading import Model

pytestmark = pytest.mark.filterwarnings("ignore:PyTorch not found")
FEATURES = ["a", "b", "kind"]


def table(classes: int = 2) -> pd.DataFrame:
    """Give data without whole numbers, in a range so wide that nothing is held back by it."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"a": random.normal(0, 2, 120), "b": random.normal(5, 7, 120)})
    frame["kind"] = random.choice(["x", "y", "z"], 120)
    score = frame["a"] / 2 + (frame["b"] - 5) / 7 + (frame["kind"] == "x") + random.normal(0, 0.4, 120)
    frame["label"] = np.digitize(score, [0.3] if classes == 2 else [-0.4, 0.8])
    frame.loc[0, ["a", "b"]] = [-1000.0, -3000.0]
    frame.loc[1, ["a", "b"]] = [1000.0, 3000.0]
    return frame


def trained(last: Any, frame: pd.DataFrame, *steps: Any) -> Any:
    """Fit a pipeline without the two rows that only make the range wide."""
    encoder = ColumnTransformer([("n", StandardScaler(), ["a", "b"]), ("k", OneHotEncoder(), ["kind"])])
    return make_pipeline(*(steps or [encoder]), last).fit(frame[FEATURES][2:], frame["label"][2:])


def setting(model: Any, frame: pd.DataFrame, mutable: tuple[str, ...] = ("a", "b"), **more: Any) -> Setting:
    task = Task(label="label", mutable=list(mutable), units=more.pop("units", "raw"), **more)
    return prepare(task, Model(model, True), frame, FEATURES, 120)


@pytest.fixture(scope="module")
def linear() -> tuple[Any, pd.DataFrame]:
    frame = table()
    return trained(LogisticRegression(), frame), frame


def exact_distance(found: Setting) -> Any:
    """Give |w x + b| / ||w|| of each row: how far the boundary of a linear model is, in L2."""
    assert found.view is not None
    return np.abs(found.view.offsets[:, 0]) / np.linalg.norm(found.view.weights[0])


def test_the_linear_view_has_the_pipelines_own_weights(linear: tuple[Any, pd.DataFrame]) -> None:
    model, frame = linear
    found = setting(model, frame)
    assert found.view is not None
    expected = model[-1].coef_[0, :2] / model[0].named_transformers_["n"].scale_
    assert np.allclose(found.view.weights[0], expected, rtol=1e-9)
    assert np.allclose(found.view.offsets[:, 0], model.decision_function(found.space.frame))


@pytest.mark.parametrize("eps", [0.5, 1.5, 4.0])
def test_pgd_turns_exactly_the_rows_that_the_bound_says(linear: tuple[Any, pd.DataFrame], eps: float) -> None:
    found = setting(*linear)
    distance = exact_distance(found)
    (attempt,) = run_attacks(found, [{"name": "pgd", "norm": "2", "eps": [eps]}])
    clear = np.abs(distance - eps) > 1e-3 * eps
    assert attempt.flipped[clear].tolist() == ((distance < eps) & attempt.attacked)[clear].tolist()
    assert 0 < attempt.flipped.sum() < attempt.attacked.sum()
    assert attempt.distance["2"].max() <= eps


def whole_numbers(classes: int, columns: int) -> tuple[Any, pd.DataFrame]:
    """Return a model and data: columns of whole numbers, a step of which is much of a budget, and another column."""
    random = np.random.default_rng(columns)
    frame = pd.DataFrame({f"w{number}": random.integers(0, 5, 150) for number in range(columns)})
    frame["f"] = random.normal(0, 1, 150)
    score = frame.sum(axis=1) - 2 * columns + random.normal(0, 1, 150)
    features = [str(name) for name in frame]
    frame["label"] = np.digitize(score, [0.0] if classes == 2 else [-2.0, 1.5])
    return LogisticRegression(max_iter=1000).fit(frame[features], frame["label"]), frame


@pytest.mark.parametrize(("classes", "columns"), [(2, 2), (2, 4), (3, 3)])
@pytest.mark.parametrize("fluid", [True, False])
@pytest.mark.parametrize("eps", [0.6, 1.3])
def test_pgd_finds_every_whole_number_within_an_l2_budget(
    classes: int, columns: int, fluid: bool, eps: float
) -> None:
    model, frame = whole_numbers(classes, columns)
    features = [*(f"w{number}" for number in range(columns)), "f"]
    mutable = features if fluid else features[:-1]
    task = Task(label="label", mutable=mutable, units="sd")
    found = prepare(task, Model(model, True), frame, features, len(frame))
    (attempt,) = run_attacks(found, [{"name": "pgd", "norm": "2", "eps": [eps]}])
    scale = frame[features].std(ddof=0).to_numpy()
    low, high = frame[features].min().to_numpy(), frame[features].max().to_numpy()
    steps = np.array(list(product(range(-4, 5), repeat=columns)), dtype=float)
    length = ((steps / scale[:-1]) ** 2).sum(axis=1)
    steps, left = steps[length <= eps**2], np.sqrt(eps**2 - length[length <= eps**2])
    for at in np.flatnonzero(attempt.attacked):
        values = np.repeat(found.space.frame.iloc[[at]].to_numpy(dtype=float), len(steps), axis=0)
        values[:, :-1] += steps
        tries = []
        for share in (-1, 1) if fluid else (0,):  # the decision is linear: its extremes are at the ends
            moved = values.copy()
            moved[:, -1] = np.clip(moved[:, -1] + share * left * scale[-1], low[-1], high[-1])
            tries.append(moved[((moved >= low) & (moved <= high)).all(axis=1)])
        predicted = model.predict(pd.DataFrame(np.concatenate(tries), columns=features))
        assert bool(attempt.flipped[at]) == bool((predicted != found.truth[at]).any())
    assert attempt.distance["2"].max() <= eps


def test_many_columns_of_whole_numbers_go_where_a_step_gains_most() -> None:
    model, frame = whole_numbers(2, 12)
    features = [f"w{number}" for number in range(12)]
    task = Task(label="label", mutable=features, units="sd")
    found = prepare(task, Model(model, True), frame, [*features, "f"], len(frame))
    assert found.view is not None
    eps = 2.5
    (attempt,) = run_attacks(found, [{"name": "pgd", "norm": "2", "eps": [eps]}])
    # No row is turned that parts of steps could not turn, and few that these could turn easily are not.
    bound = np.abs(found.view.offsets[:, 0]) / np.linalg.norm(found.view.weights[0])
    assert not attempt.flipped[bound > eps].any()
    assert attempt.flipped[(bound < 0.8 * eps) & attempt.attacked].mean() > 0.9


def test_hopskipjump_comes_close_to_the_bound_and_never_below(linear: tuple[Any, pd.DataFrame]) -> None:
    found = setting(*linear)
    (attempt,) = run_attacks(found, [{"name": "hopskipjump", "norm": "2", "eps": [1e6]}])
    ratio = attempt.distance["2"][attempt.flipped] / exact_distance(found)[attempt.flipped]
    assert attempt.flipped.sum() > 0.9 * attempt.attacked.sum()
    assert ratio.min() > 1 - 1e-6
    assert np.median(ratio) < 1.25


def test_three_classes_are_attacked_too(linear: tuple[Any, pd.DataFrame]) -> None:
    frame = table(classes=3)
    found = setting(trained(LogisticRegression(), frame), frame)
    assert found.view is not None
    assert found.view.weights.shape == (3, 2)
    attacks = [{"name": "pgd", "eps": [0.8]}, {"name": "noise", "eps": [0.8]}, {"name": "hopskipjump", "eps": [0.8]}]
    pgd, noise, hopskipjump = run_attacks(found, attacks)
    assert pgd.flipped.sum() >= noise.flipped.sum() > 0
    assert pgd.flipped.sum() >= hopskipjump.flipped.sum() > 0


def test_bins_and_products_are_not_taken_for_linear() -> None:
    frame = table()
    steps = ColumnTransformer([("n", PolynomialFeatures(2), ["a", "b"]), ("k", OneHotEncoder(), ["kind"])])
    model = trained(LogisticRegression(max_iter=1000), frame, steps, StandardScaler())
    found = setting(model, frame)
    assert found.view is None
    with pytest.raises(CollectorError, match="pgd needs a model with a gradient") as caught:
        run_attacks(found, [{"name": "noise", "eps": [0.1]}, {"name": "pgd"}])
    assert caught.value.option == ("attacks", 1, "name")


def test_hopskipjump_together_finds_what_it_finds_alone(linear: tuple[Any, pd.DataFrame]) -> None:
    from gatepost.collect.attacks.methods import hopskipjump

    found = setting(*linear)
    assert found.view is not None
    view, space, rows = found.view, found.space, found.attacked[:12]
    answers = [
        hopskipjump(
            space,
            lambda values, at: view.labels(space.shift(values, at), at),
            rows,
            found.labels[rows],
            "inf",
            0,
            4,
            5000,
            together,
            lambda _done: None,
        )
        for together in (True, False)
    ]
    assert (answers[0] == answers[1]).all()
    assert (answers[0] != space.start[rows]).any()


def test_a_row_costs_no_more_queries_than_allowed() -> None:
    frame = table()
    forest = trained(RandomForestClassifier(5, random_state=0), frame)
    found = setting(forest, frame)
    (attempt,) = run_attacks(found, [{"name": "hopskipjump", "eps": [0.5], "max_queries": 120}])
    assert 0 < attempt.queries <= 121 * len(found.attacked)


def test_favorable_attacks_only_who_is_refused_now(linear: tuple[Any, pd.DataFrame]) -> None:
    found = setting(*linear, favorable=1)
    assert (found.labels[found.attacked] == 0).all()
    (attempt,) = run_attacks(found, [{"name": "pgd", "eps": [1.0]}])
    assert attempt.flipped.any()
    assert not (attempt.flipped & (found.truth == 1)).any()
    with pytest.raises(CollectorError, match="the model has no class yes") as caught:
        setting(*linear, favorable="yes")
    assert caught.value.option == ("favorable",)


def test_an_attack_that_moves_nothing_or_raises_nothing_is_inconclusive() -> None:
    frame = table()
    frame["kind"] = "x"
    step = FunctionTransformer(lambda rows: np.sign(rows[["a"]].to_numpy()))
    model = trained(LogisticRegression(), frame, step)
    found = setting(model, frame, ("b",))
    assert certificate(model, FEATURES, ("b",)) == ""
    attacks = [{"name": name, "eps": [0.5]} for name in ("pgd", "noise", "hopskipjump")]
    attempts = run_attacks(found, attacks)
    assert [attempt.status for attempt in attempts] == ["inconclusive"] * 3
    assert attempts[0].reason == attempts[2].reason == "the attack moved no row"
    assert attempts[1].reason == "the attack could not raise the model's loss"
    assert worst_case(attempts, "raw") == []


def test_the_worst_case_takes_points_of_smaller_budgets_and_of_the_other_norm(
    linear: tuple[Any, pd.DataFrame],
) -> None:
    found = setting(*linear)
    attacks = [{"name": "pgd", "norm": "2", "eps": [1.0]}, {"name": "noise", "norm": "inf", "eps": [1.0], "draws": 1}]
    pgd, noise = run_attacks(found, attacks)
    worst = {row["norm"]: row for row in worst_case([pgd, noise], "raw")}
    assert worst["inf"]["attacks"] == ["pgd", "noise"]
    either = (pgd.flipped | noise.flipped).sum()
    assert either > noise.flipped.sum()
    assert worst["inf"]["robust_accuracy"]["value"] == pytest.approx((pgd.right.sum() - either) / 120)
    assert worst["2"]["robust_accuracy"]["value"] <= (pgd.right.sum() - pgd.flipped.sum()) / 120


class TestCertificate:
    def fitted(self, last: Any, numbers: list[str]) -> Any:
        frame = table()
        steps = ColumnTransformer([("n", StandardScaler(), numbers), ("k", OneHotEncoder(), ["kind"])])
        return make_pipeline(steps, last).fit(frame[FEATURES], frame["label"])

    def test_dropped_columns(self) -> None:
        model = self.fitted(RandomForestClassifier(5), ["a"])
        assert "drops the mutable columns" in certificate(model, FEATURES, ["b"])
        assert certificate(model, FEATURES, ["a", "b"]) == ""

    def test_zero_weights(self) -> None:
        model = self.fitted(LogisticRegression(), ["a", "b"])
        assert certificate(model, FEATURES, ["b"]) == ""
        model[-1].coef_[0, 1] = 0.0
        assert "gives no weight" in certificate(model, FEATURES, ["b"])
        assert certificate(model, FEATURES, ["a"]) == ""

    def test_trees_that_never_split_there(self) -> None:
        frame = table().assign(b=1.0)
        model = trained(RandomForestClassifier(5, random_state=0), frame)
        assert "gives no weight" in certificate(model, FEATURES, ["b"])
        assert certificate(model, FEATURES, ["a"]) == ""

    def test_a_step_that_is_not_known_proves_nothing(self) -> None:
        model = trained(LogisticRegression(), table(), FunctionTransformer(lambda rows: rows[["a"]]))
        assert certificate(model, FEATURES, ["b"]) == ""

    def test_what_is_certified_is_not_attacked(self, linear: tuple[Any, pd.DataFrame]) -> None:
        found = setting(*linear)
        (attempt,) = run_attacks(found, [{"name": "hopskipjump", "eps": [9.0]}], proof="no weight")
        assert (attempt.status, attempt.reason, attempt.queries) == ("certified", "no weight", 0)
        assert worst_case([attempt], "raw")[0]["robust_accuracy"]["value"] == attempt.right.mean()
