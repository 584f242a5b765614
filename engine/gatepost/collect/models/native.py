"""Models that libraries keep in formats of their own, which hold data and no code: loaded without mlflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError

__all__ = ["load_catboost", "load_lightgbm", "load_xgboost"]

_XGBOOST = ("Booster", "XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor")
_CATBOOST = ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")


class _XGBoostBooster:
    """Predicts as MLflow does: what the objective returns, such as the probability of a binary target."""

    def __init__(self, booster: Any, frame_class: Any) -> None:
        self._booster, self._frame_class = booster, frame_class

    def predict(self, frame: Any) -> Any:
        return self._booster.predict(self._frame_class(frame))


def load_xgboost(file: Path, flavor: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return the model, and whether it is one of the estimators with the interface of scikit-learn.

    Raises:
        CollectorError: xgboost is not installed, or the flavor names another class.
    """
    try:
        import xgboost
    except ImportError as error:
        raise CollectorError("xgboost is not installed", advice="pip install xgboost") from error
    kind = _known(str(flavor.get("model_class", "xgboost.core.Booster")).rpartition(".")[2], _XGBOOST)
    model = getattr(xgboost, kind)()
    model.load_model(str(file))
    return (_XGBoostBooster(model, xgboost.DMatrix), False) if kind == "Booster" else (model, True)


def load_lightgbm(file: Path) -> tuple[Any, bool]:
    """Return a Booster of LightGBM from its text file, and that it is not an estimator.

    Raises:
        CollectorError: lightgbm is not installed.
    """
    try:
        import lightgbm
    except ImportError as error:
        raise CollectorError("lightgbm is not installed", advice="pip install lightgbm") from error
    return lightgbm.Booster(model_file=str(file)), False


def load_catboost(file: Path, flavor: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return the model, and whether it is a classifier or regressor.

    Raises:
        CollectorError: catboost is not installed, or the flavor names another class or format.
    """
    try:
        import catboost
    except ImportError as error:
        raise CollectorError("catboost is not installed", advice="pip install catboost") from error
    kind = _known(str(flavor.get("model_type", "CatBoost")), _CATBOOST)
    save_format = _known(str(flavor.get("save_format", "cbm")), ("cbm", "json"))
    model = getattr(catboost, kind)()
    model.load_model(str(file), format=save_format)
    return model, kind in ("CatBoostClassifier", "CatBoostRegressor")


def _known(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise CollectorError(
            f"the MLmodel file names `{value}`, which is not one of {', '.join(known)}", option=("model",)
        )
    return value
