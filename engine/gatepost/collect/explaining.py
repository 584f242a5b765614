"""Permutation importance and proxies of protected attributes; in the child process, for it runs the model's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gatepost.collect.favorable import check_kinds, check_two
from gatepost.collect.interface import CollectorError
from gatepost.collect.models.loading import Model, load, read_table
from gatepost.collect.models.trust import ModelFiles
from gatepost.collect.spelling import check_labels, similar_groups
from gatepost.collect.statistics.means import mean
from gatepost.collect.tabular.columns import label_value
from gatepost.problems import did_you_mean

__all__ = ["explain", "importances", "proxies"]

_ROWS = 5000
_PARTS = 10
_REPEATS = 3
_SHUFFLES = 40
_FEW = 20
_CHECKED = 200


def explain(model: ModelFiles, data: str, options: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Measure importances and proxies; called in the child process.

    Raises:
        CollectorError: model, data and options do not fit.
    """
    loaded = load(model)
    frame = read_table(Path(data))
    names = list(frame.columns)
    label, attributes = options["label"], list(options.get("attributes", ()))
    for column, option in [(label, ("label",)), *((name, ("attributes",)) for name in attributes)]:
        if column not in names:
            advice = did_you_mean(column, names) or "it has: " + ", ".join(names[:20])
            raise CollectorError(f"the data has no column `{column}`", option=option, advice=advice)
    if frame[label].isna().any():
        raise CollectorError(f"{int(frame[label].isna().sum())} values of `{label}` are missing", option=("label",))
    features = loaded.columns(names, label, options.get("features"))
    notes = list(loaded.notes)
    seed, rows = options.get("seed", 0), options.get("rows", _ROWS)
    labels = frame[label].to_numpy()
    if len(frame) > rows:
        notes.append(f"measured on {rows} of {len(frame)} rows, drawn with seed {seed}")
        frame = frame.sample(rows, random_state=seed)
    regression = _is_regression(frame[label], options.get("regression"))
    if not regression:
        predicted = loaded.predict(frame[features].head(_CHECKED))
        truth, answers = (Counter(map(label_value, values.tolist())) for values in (labels, predicted))
        notes += check_labels((truth, answers), options)
        check_kinds(list(truth), list(answers))
        if options.get("binary"):
            check_two([*truth, *answers])
    for name in attributes:
        notes += similar_groups(name, frame[name].dropna().astype(str).value_counts().to_dict())
    constant = {name for name in [*features, *attributes] if _is_constant(frame[name])}
    for name in sorted(constant):
        notes.append(f"`{name}` has a single value in these rows: nothing is measured of it")
    say(f"permute {len(features)} features")
    found = importances(loaded, frame, features, label, regression, options.get("repeats", _REPEATS), seed)
    found = [{**entry, "protected": entry["feature"] in attributes} for entry in found]
    measured = {"importances": [entry for entry in found if entry["feature"] not in constant]}
    section: dict[str, Any] = {"n": len(frame), "label": label}
    if attributes:
        say("look for proxies")
        section["attributes"] = attributes
        varied, told = ([name for name in names if name not in constant] for names in (features, attributes))
        measured["proxies"] = proxies(frame, varied, told, seed)
    return {"section": section | {key: entries for key, entries in measured.items() if entries}, "notes": notes}


def importances(
    model: Model,
    frame: Any,
    features: Sequence[str],
    label: str,
    regression: bool,
    repeats: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Give what the model loses when a feature is shuffled, the largest first (Breiman, Machine Learning 45, 2001).

    The unit is accuracy, or for a regression the mean absolute error in the unit of the label. The rows are parted at
    random, and each part is permuted on its own, so that the interval (Student's t over the parts) holds for other
    rows too, not only for other permutations of these.
    """
    import numpy as np
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import KFold

    parts = min(_PARTS, len(frame) // 2)
    if parts < 2:
        raise CollectorError(f"{len(frame)} rows are too few", option=("data",), advice="give more rows")
    scores = []
    for _, chosen in KFold(parts, shuffle=True, random_state=seed).split(frame):
        part = frame.iloc[chosen]
        asked = _Asked(model)
        measured = permutation_importance(
            asked,
            part[list(features)],
            part[label].to_numpy(),
            scoring=_absolute_error if regression else _accuracy,
            n_repeats=repeats,
            random_state=seed,
        )
        scores.append(measured.importances_mean)
    values = np.array(scores)
    errors = values.std(axis=0, ddof=1) / np.sqrt(parts)
    method = f"permutation, {'mean absolute error' if regression else 'accuracy'}"
    found = []
    for place, feature in enumerate(features):
        metric = mean(float(values[:, place].mean()), float(errors[place]), len(frame), parts - 1, method)
        found.append({"feature": feature, **metric})
    return sorted(found, key=lambda entry: (-entry["value"], entry["feature"]))


class _Asked:
    """A model as scikit-learn wants an estimator to look."""

    def __init__(self, model: Model) -> None:
        self.predict = model.predict

    def fit(self, *_: Any) -> _Asked:
        return self


def _accuracy(model: _Asked, frame: Any, truth: Any) -> float:
    predicted = model.predict(frame)
    return float((predicted.astype(truth.dtype) == truth).mean())


def _absolute_error(model: _Asked, frame: Any, truth: Any) -> float:
    return -float(abs(model.predict(frame) - truth).mean())


def _is_constant(column: Any) -> bool:
    """Tell whether all values are alike or missing: shuffling them changes nothing, and they tell nothing apart."""
    return len(set(_binned(column).tolist())) < 2


def _is_regression(label: Any, known: bool | None) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    numeric = is_numeric_dtype(label) and not is_bool_dtype(label)
    if known and not numeric:
        raise CollectorError("a regression needs numbers, and the label holds none", option=("label",))
    return bool(numeric and label.nunique() > _FEW) if known is None else known


def proxies(frame: Any, features: Sequence[str], attributes: Sequence[str], seed: int) -> list[dict[str, Any]]:
    """Give the mutual information of each feature with each attribute, in nats, the largest first.

    ``null95`` is its 95th percentile where the attribute is shuffled, for an estimate is above 0 by chance;
    ``uncertainty_coefficient`` is its share in the attribute's entropy (Theil's U), both less what chance gives on
    average (as Vinh et al. adjust it, JMLR 11, 2010).
    """
    import numpy as np
    from sklearn.metrics import mutual_info_score

    generator = np.random.default_rng(seed)
    coded = {name: _binned(frame[name]) for name in dict.fromkeys([*features, *attributes])}
    found = []
    for attribute in attributes:
        target = coded[attribute]
        entropy = mutual_info_score(target, target)
        shuffled = [generator.permutation(target) for _ in range(_SHUFFLES)]
        for feature in features:
            if feature == attribute:
                continue
            value = mutual_info_score(coded[feature], target)
            chance = [mutual_info_score(coded[feature], other) for other in shuffled]
            entry = {"feature": feature, "attribute": attribute, "mutual_information": max(0.0, float(value))}
            entry["null95"] = float(np.percentile(chance, 95))
            above = entropy - float(np.mean(chance))
            if above > 1e-12:
                share = (value - float(np.mean(chance))) / above
                entry["uncertainty_coefficient"] = float(min(1.0, max(0.0, share)))
            found.append({**entry, "n": len(frame)})
    return sorted(found, key=lambda entry: (-entry["mutual_information"], entry["feature"], entry["attribute"]))


def _binned(column: Any) -> Any:
    """Give a column as codes: numbers of many values in ten bins of like size, missing values as one of their own."""
    import numpy as np
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and column.nunique() > _FEW:
        ends = np.unique(np.nanquantile(column.astype(float), np.arange(0.1, 1, 0.1)))
        return np.where(column.isna(), -1, np.searchsorted(ends, column.astype(float), side="left"))
    return pd.factorize(column.astype(str).where(column.notna(), "(missing)"))[0]
