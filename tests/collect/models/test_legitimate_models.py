"""Models that teams really have, which must go on loading without a line in gatepost.yaml."""

from __future__ import annotations

import functools
import operator
import pickle
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from scipy.spatial import distance
from sklearn import (
    calibration,
    cluster,
    compose,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_extraction,
    feature_selection,
    frozen,
    gaussian_process,
    impute,
    isotonic,
    kernel_approximation,
    kernel_ridge,
    linear_model,
    metrics,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    semi_supervised,
    svm,
    tree,
)
from sklearn.base import BaseEstimator
from sklearn.utils import all_estimators

from gatepost.collect.interface import CollectorError
from gatepost.collect.models import allowed
from gatepost.collect.models.loading import Model, load
from gatepost.collect.models.names import Names
from gatepost.collect.models.trust import ModelFiles, ModelTrust
from gatepost.collect.models.unpickling import unpickle

ROWS = 60
FRAME = pd.DataFrame(
    {
        "amount": np.linspace(1, 100, ROWS) % 17,
        "age": np.arange(ROWS) % 40 + 20.0,
        "job": ["a", "b", "c"] * (ROWS // 3),
        "note": ["good payer", "late again", "new client"] * (ROWS // 3),
    }
)
TRUTH = (FRAME["amount"] + (FRAME["job"] == "a") * 5 > 9).astype(int)
NUMBERS = ["amount", "age"]


def mixed() -> Any:
    return compose.ColumnTransformer(
        [
            ("numbers", pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler()), NUMBERS),
            ("job", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["job"]),
            ("note", feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2)), "note"),
        ]
    )


def numbers(model: Any, *steps: Any) -> Any:
    return pipeline.make_pipeline(compose.make_column_transformer(("passthrough", NUMBERS)), *steps, model)


MODELS: dict[str, Any] = {
    "logistic": pipeline.make_pipeline(mixed(), linear_model.LogisticRegression()),
    "forest": pipeline.make_pipeline(mixed(), ensemble.RandomForestClassifier(5, random_state=0)),
    "random state": numbers(ensemble.ExtraTreesClassifier(5, random_state=np.random.RandomState(1))),
    "gradient boosting": numbers(ensemble.GradientBoostingClassifier(n_estimators=3)),
    "histograms": numbers(ensemble.HistGradientBoostingClassifier(max_iter=3, early_stopping=True)),
    "bagging": numbers(ensemble.BaggingClassifier(n_estimators=3)),
    "ada": numbers(ensemble.AdaBoostClassifier(n_estimators=3)),
    "isolation": numbers(ensemble.IsolationForest(n_estimators=5)),
    "voting": numbers(
        ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier())])
    ),
    "stacking": numbers(ensemble.StackingClassifier([("a", naive_bayes.GaussianNB())], cv=2)),
    "calibrated": numbers(calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2)),
    "isotonic calibration": numbers(calibration.CalibratedClassifierCV(method="isotonic", cv=2)),
    "svc": numbers(svm.SVC(probability=False)),
    "neighbors": numbers(neighbors.KNeighborsClassifier(3, algorithm="kd_tree")),
    "ball tree": numbers(neighbors.KNeighborsClassifier(3, algorithm="ball_tree", metric="manhattan")),
    "metric": numbers(neighbors.KNeighborsClassifier(3, metric=distance.cosine, algorithm="brute")),
    "network": numbers(neural_network.MLPClassifier((4,), max_iter=20)),
    "gaussian process": numbers(gaussian_process.GaussianProcessClassifier(gaussian_process.kernels.RBF())),
    "regression process": numbers(
        gaussian_process.GaussianProcessRegressor(
            gaussian_process.kernels.Matern() + gaussian_process.kernels.WhiteKernel()
        )
    ),
    "nystroem": numbers(linear_model.SGDClassifier(loss="log_loss"), kernel_approximation.Nystroem(n_components=5)),
    "kernel ridge": numbers(kernel_ridge.KernelRidge()),
    "isotonic": isotonic.IsotonicRegression(out_of_bounds="clip"),
    "discriminant": numbers(discriminant_analysis.LinearDiscriminantAnalysis()),
    "pca": numbers(linear_model.RidgeClassifier(), decomposition.PCA(2)),
    "kmeans": numbers(cluster.KMeans(2, n_init=1)),
    "birch": numbers(cluster.Birch(n_clusters=2)),
    "best": numbers(linear_model.Ridge(), feature_selection.SelectKBest(feature_selection.f_regression, k=1)),
    "from model": numbers(linear_model.Lasso(), feature_selection.SelectFromModel(tree.DecisionTreeRegressor())),
    "log": numbers(linear_model.LogisticRegression(), preprocessing.FunctionTransformer(np.log1p, np.expm1)),
    "expit": numbers(linear_model.LogisticRegression(), preprocessing.FunctionTransformer(special.expit)),
    "clip": numbers(
        linear_model.LogisticRegression(),
        preprocessing.FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 5}),
    ),
    "partial": numbers(
        linear_model.LogisticRegression(),
        preprocessing.FunctionTransformer(functools.partial(np.nan_to_num, nan=1.0)),
    ),
    "column": pipeline.make_pipeline(
        preprocessing.FunctionTransformer(operator.itemgetter(NUMBERS)), linear_model.LogisticRegression()
    ),
    "tokenizer": pipeline.make_pipeline(
        preprocessing.FunctionTransformer(operator.itemgetter("note")),
        feature_extraction.text.CountVectorizer(tokenizer=str.split, preprocessor=str.lower, token_pattern=None),
        linear_model.LogisticRegression(),
    ),
    "selector": pipeline.make_pipeline(
        compose.make_column_transformer(
            (preprocessing.MinMaxScaler(), compose.make_column_selector(dtype_include=np.number))
        ),
        linear_model.LogisticRegression(),
    ),
    "grid": numbers(model_selection.GridSearchCV(linear_model.LogisticRegression(), {"C": [1, 2]}, cv=2)),
    "random search": numbers(
        model_selection.RandomizedSearchCV(
            linear_model.LogisticRegression(), {"C": stats.loguniform(0.1, 10)}, n_iter=2, cv=2, random_state=0
        )
    ),
    "scorer": numbers(
        model_selection.GridSearchCV(
            linear_model.LogisticRegression(),
            {"C": [1, 2]},
            scoring=metrics.make_scorer(metrics.fbeta_score, beta=2),
            cv=model_selection.StratifiedKFold(2, shuffle=True, random_state=1),
        )
    ),
    "one against the rest": numbers(multiclass.OneVsRestClassifier(linear_model.LogisticRegression())),
    "target": compose.TransformedTargetRegressor(numbers(linear_model.Ridge()), func=np.log1p, inverse_func=np.expm1),
    "chain": multioutput.MultiOutputClassifier(numbers(linear_model.LogisticRegression())),
    "self training": numbers(semi_supervised.SelfTrainingClassifier(linear_model.LogisticRegression())),
    "threshold": numbers(model_selection.TunedThresholdClassifierCV(linear_model.LogisticRegression(), cv=2)),
    "dummy": dummy.DummyClassifier(),
}


@pytest.fixture(scope="module", params=sorted(MODELS))
def fitted(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    model = MODELS[request.param]
    data: Any = FRAME[["amount"]] if request.param == "isotonic" else FRAME
    truth: Any = np.c_[TRUTH, 1 - TRUTH] if request.param == "chain" else TRUTH
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(data, truth), data


def loaded(path: Path, *trusted: str) -> Model:
    return load(ModelFiles(path, path.name, trust=ModelTrust(trusted)))


@pytest.mark.parametrize("form", ["joblib", "compressed", "pickle", "first protocol"])
def test_it_loads_and_predicts_the_same(fitted: tuple[Any, Any], form: str, tmp_path: Path) -> None:
    model, data = fitted
    path = tmp_path / "m.joblib"
    if form in ("joblib", "compressed"):
        joblib.dump(model, path, compress=3 if form == "compressed" else 0)
    else:
        path.write_bytes(pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL if form == "pickle" else 1))
    found = loaded(path)
    assert found.notes == ()
    assert np.array_equal(found.estimator.predict(data), model.predict(data))


def test_frozen_estimators_and_a_base_estimator_in_a_list(tmp_path: Path) -> None:
    model = frozen.FrozenEstimator(linear_model.LogisticRegression().fit(FRAME[NUMBERS], TRUTH))
    joblib.dump(model, tmp_path / "m.joblib")
    assert loaded(tmp_path / "m.joblib").is_sklearn


def test_values_of_many_types_come_back(tmp_path: Path) -> None:
    values = {
        "frame": FRAME.astype({"job": "category"}),
        "strings": np.array(["a", "ü"], dtype=object),
        "unicode": np.array(["a", "ü"]),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big-endian": np.arange(3, dtype=">i4"),
        "records": np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8", (1,))]),
        "dates": np.array(["2020-01-01"], dtype="datetime64[ns]"),
        "masked": np.ma.array([1, 2], mask=[True, False]),
        "empty": np.empty((0, 3)),
        "scalar": [np.float64(0.1), np.str_("a"), np.bool_(True), np.datetime64("2020")],
        "zone": pd.Timestamp("2020-01-01", tz="Europe/Berlin"),
        "generator": np.random.default_rng(1),
    }
    chosen = dummy.DummyClassifier().fit(FRAME, TRUTH)
    chosen.values_ = values
    for protocol in range(6):
        (tmp_path / "m.pkl").write_bytes(pickle.dumps(chosen, protocol))
        found = loaded(tmp_path / "m.pkl").estimator.values_
        pd.testing.assert_frame_equal(found["frame"], values["frame"])
        for key in ("strings", "unicode", "fortran", "records", "dates", "empty"):
            assert np.array_equal(found[key], values[key]), key
            assert found[key].dtype == values[key].dtype
        assert found["big-endian"].tolist() == [0, 1, 2]
        assert found["scalar"] == values["scalar"]
        assert [type(value) for value in found["scalar"]] == [type(value) for value in values["scalar"]]
        assert found["zone"] == values["zone"]
        assert found["masked"].tolist() == [None, 2]
        assert found["generator"].random() == np.random.default_rng(1).random()


@pytest.fixture
def teams_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "team_parts.py").write_text(
        "from sklearn.base import BaseEstimator, TransformerMixin\n"
        "class Scaler(TransformerMixin, BaseEstimator):\n"
        "    class Settings:\n"
        "        factor = 2\n"
        "    def __init__(self, settings=None):\n"
        "        self.settings = settings\n"
        "    def fit(self, X, y=None):\n"
        "        self.fitted_ = True\n"
        "        return self\n"
        "    def transform(self, X):\n"
        "        return X[['amount', 'age']] * 2\n"
        "def double(X):\n"
        "    return X * 2\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    import importlib

    yield importlib.import_module("team_parts")
    sys.modules.pop("team_parts", None)


def test_a_teams_own_classes_and_functions_load_where_they_are_trusted(teams_module: Any, tmp_path: Path) -> None:
    scaler = teams_module.Scaler(teams_module.Scaler.Settings())
    model = pipeline.make_pipeline(
        scaler, preprocessing.FunctionTransformer(teams_module.double), linear_model.LogisticRegression()
    ).fit(FRAME, TRUTH)
    joblib.dump(model, tmp_path / "m.joblib")
    trusted: list[str] = []
    for name in ("team_parts.Scaler", "team_parts.Scaler.Settings", "team_parts.double"):
        with pytest.raises(CollectorError) as caught:
            loaded(tmp_path / "m.joblib", *trusted)
        assert f"{name} is not a class of a known library" in caught.value.what
        assert f"trusted_types: [{name}]" in caught.value.advice
        trusted.append(name)
    found = load(ModelFiles(tmp_path / "m.joblib", "m", trust=ModelTrust(tuple(trusted), repository=str(tmp_path))))
    assert np.array_equal(found.estimator.predict(FRAME), model.predict(FRAME))
    assert "ran team_parts.Scaler (trusted_types), whose code is in the repository: team/team_parts.py" in found.notes


def test_skops_files_load_with_the_same_trust(teams_module: Any, tmp_path: Path) -> None:
    from skops.io import dump

    dump(MODELS["forest"].fit(FRAME, TRUTH), tmp_path / "m.skops")
    assert loaded(tmp_path / "m.skops").notes == ()
    model = pipeline.make_pipeline(teams_module.Scaler(), linear_model.LogisticRegression()).fit(FRAME, TRUTH)
    dump(model, tmp_path / "m.skops")
    with pytest.raises(CollectorError) as caught:
        loaded(tmp_path / "m.skops")
    assert "holds types that are not trusted: team_parts.Scaler" in caught.value.what
    assert "trusted_types: [team_parts.Scaler]" in caught.value.advice
    assert np.array_equal(
        loaded(tmp_path / "m.skops", "team_parts.Scaler").estimator.predict(FRAME), model.predict(FRAME)
    )


def test_a_skops_file_with_other_types_is_refused(tmp_path: Path) -> None:
    from skops.io import dump

    for held in (
        {"path": Path},
        {"function": np.save},
        {"function": pd.read_pickle},
        {"partial": functools.partial(print)},
    ):
        dump(held, tmp_path / "m.skops")
        with pytest.raises(CollectorError, match="types that are not trusted"):
            loaded(tmp_path / "m.skops")
    (tmp_path / "m.skops").write_text("no archive")
    with pytest.raises(CollectorError, match="not a readable skops file"):
        loaded(tmp_path / "m.skops")


def test_cloudpickle_loads_by_reference_and_is_refused_by_value(tmp_path: Path) -> None:
    import cloudpickle

    (tmp_path / "m.pkl").write_bytes(cloudpickle.dumps(MODELS["logistic"].fit(FRAME, TRUTH)))
    assert loaded(tmp_path / "m.pkl").is_sklearn

    class Local(BaseEstimator):  # type: ignore[misc]
        def predict(self, frame: Any) -> Any:
            return np.ones(len(frame))

    (tmp_path / "m.pkl").write_bytes(cloudpickle.dumps(Local()))
    with pytest.raises(CollectorError) as caught:
        loaded(tmp_path / "m.pkl")
    assert "holds a class or function by value, which is code" in caught.value.what
    assert "allow_model_code: true" in caught.value.advice
    found = load(ModelFiles(tmp_path / "m.pkl", "m.pkl", trust=ModelTrust(allow_model_code=True)))
    assert found.estimator.predict(FRAME).sum() == ROWS
    assert found.notes == ("m.pkl may run code of its own (allow_model_code)",)


def test_models_of_xgboost_and_lightgbm_load(tmp_path: Path) -> None:
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    models = [
        xgboost.XGBClassifier(n_estimators=2),
        xgboost.XGBRegressor(n_estimators=2),
        numbers(lightgbm.LGBMClassifier(n_estimators=2, verbose=-1)),
        lightgbm.LGBMRegressor(n_estimators=2, verbose=-1),
    ]
    for model in models:
        model.fit(FRAME[NUMBERS], TRUTH)
        joblib.dump(model, tmp_path / "m.joblib")
        assert np.array_equal(
            loaded(tmp_path / "m.joblib").estimator.predict(FRAME[NUMBERS]), model.predict(FRAME[NUMBERS])
        )


def test_every_estimator_of_scikit_learn_is_allowed() -> None:
    names = Names(ModelTrust(), "m")
    refused = [cls for _, cls in all_estimators() if not names.allows(cls.__module__, cls.__qualname__)]
    assert refused == []


def test_no_allowed_estimator_does_more_than_set_attributes_when_it_is_created() -> None:
    """What is reviewed stands here: a class that is not, with a way of its own to be created or built, is news."""
    reviewed = {
        "sklearn.isotonic.IsotonicRegression.__setstate__",
        "sklearn.base.BaseEstimator.__setstate__",
        # The decorator for what is deprecated.
        "sklearn.linear_model._passive_aggressive.PassiveAggressiveClassifier.__new__",
        "sklearn.linear_model._passive_aggressive.PassiveAggressiveRegressor.__new__",
    }
    own = set()
    for _, cls in all_estimators():
        for kind in cls.__mro__[:-1]:
            for method in ("__new__", "__setstate__", "__reduce__", "__reduce_ex__", "__setattr__"):
                if method in vars(kind) and kind.__module__.startswith("sklearn"):
                    own.add(f"{kind.__module__}.{kind.__qualname__}.{method}")
    assert own <= reviewed


def test_what_is_replaced_is_needed_under_its_name() -> None:
    from gatepost.collect.models.stand_ins import stand_in

    names = Names(ModelTrust(), "m")
    for full in sorted(allowed.REPLACED):
        module, _, name = full.rpartition(".")
        assert stand_in(names, module, name) is not None, full


@pytest.mark.slow
def test_every_estimator_of_scikit_learn_loads_in_every_protocol(tmp_path: Path) -> None:
    instances = pytest.importorskip("sklearn.utils._test_common.instance_generator")
    data, truth = np.abs(FRAME[NUMBERS].to_numpy()), TRUTH.to_numpy()
    inputs: list[Any] = [
        (data, truth),
        (data, truth * 1.5 + 1),
        (data, np.c_[truth, 1 - truth]),
        (list(FRAME["note"]), truth),
        ([{"a": 1}] * ROWS,),
        (data[:, 0], truth),
        (truth,),
    ]
    count = 0
    for _, cls in all_estimators():
        try:
            variants = list(instances._construct_instances(cls))
        except Exception:
            continue
        for model in variants:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for arguments in inputs:
                    try:
                        model.fit(*arguments)
                        break
                    except Exception:
                        continue
            for protocol in (0, 2, 4, 5):
                file = tmp_path / "m.pkl"
                file.write_bytes(pickle.dumps(model, protocol))
                with file.open("rb") as stream:
                    assert type(unpickle(stream, Names(ModelTrust(), "m"))) is cls
                count += 1
    assert count > 500


def test_a_skops_file_cannot_give_numpy_the_memory_of_an_object(tmp_path: Path) -> None:
    from sklearn.utils import Bunch
    from skops.io import dump

    for held in (Bunch(__array_interface__={"data": (1, False)}), Bunch(inner=Bunch(__array_struct__=1))):
        model = dummy.DummyClassifier().fit(FRAME, TRUTH)
        model.classes_ = held
        dump(model, tmp_path / "m.skops")
        with pytest.raises(CollectorError, match=r"has the attribute __array_(interface|struct)__"):
            loaded(tmp_path / "m.skops")
