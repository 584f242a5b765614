"""Train the credit-risk model, and register it in MLflow as the candidate."""

# ruff: noqa: T201

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

# Set before mlflow is imported: nothing is sent anywhere, and nothing but our own lines is printed.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

SEED = 20260114
HOLDOUT_SHARE = 0.4
REGULARISATION = 0.5
FOLDER = Path(__file__).resolve().parent
NAME = "credit-risk"
LABEL = "risk"
# For auditing the model, not for deciding: the model never sees these.
AUDIT_ONLY = ["sex", "marital_status", "age", "foreign_worker"]
NUMERIC = [
    "duration_months",
    "credit_amount",
    "installment_rate",
    "residence_since",
    "existing_credits",
    "dependents",
]


def load() -> pd.DataFrame:
    """Read the applicants; whole numbers as floats, so that a missing one is no change of type."""
    table = pd.read_csv(FOLDER / "data" / "german_credit.csv")
    table["age_group"] = "25_to_60"
    table.loc[table["age"] < 25, "age_group"] = "under_25"
    table.loc[table["age"] > 60, "age_group"] = "over_60"
    return table.astype(dict.fromkeys([*NUMERIC, "age"], "float64"))


def build(categorical: list[str]) -> Pipeline:
    """Make the model: scaled numbers and one-hot categories into a logistic regression."""
    columns = ColumnTransformer(
        [
            ("numeric", StandardScaler(), NUMERIC),
            ("categorical", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categorical),
        ]
    )
    # Balanced: the bad outcomes, although fewer, weigh as much in all as the good ones.
    classifier = LogisticRegression(C=REGULARISATION, class_weight="balanced", max_iter=1000)
    return Pipeline([("columns", columns), ("classifier", classifier)])


def main() -> None:
    """Split, train, measure, log, register."""
    warnings.simplefilter("ignore")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    os.chdir(FOLDER)  # the database and the artifacts lie beside this file
    table = load()
    train, holdout = train_test_split(table, test_size=HOLDOUT_SHARE, stratify=table[LABEL], random_state=SEED)
    for role, part in (("train", train), ("holdout", holdout)):
        part.to_parquet(f"data/{role}.parquet", index=False)
    features = [column for column in table if column not in (*AUDIT_ONLY, LABEL)]
    model = build([column for column in features if column not in NUMERIC])
    model.fit(train[features], train[LABEL])
    good = list(model.classes_).index("good")
    score = model.predict_proba(holdout[features])[:, good]
    metrics = {
        "accuracy": accuracy_score(holdout[LABEL], model.predict(holdout[features])),
        "roc_auc": roc_auc_score(holdout[LABEL] == "good", score),
    }
    version = register(model, train, holdout, features, metrics)
    print(f"trained on {len(train)} applicants, {len(features)} features")
    print(f"holdout of {len(holdout)}: accuracy {metrics['accuracy']:.3f}, AUC {metrics['roc_auc']:.3f}")
    print(f"registered models:/{NAME}/{version} as @candidate")


def register(
    model: Pipeline, train: pd.DataFrame, holdout: pd.DataFrame, features: list[str], metrics: dict[str, float]
) -> str:
    """Log the run, register the model and point the alias at it; give the version."""
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    if mlflow.get_experiment_by_name(NAME) is None:
        mlflow.create_experiment(NAME, artifact_location=(FOLDER / "mlruns").as_uri())
    mlflow.set_experiment(NAME)
    with mlflow.start_run() as run:
        mlflow.log_params(
            {
                "seed": SEED,
                "holdout_share": HOLDOUT_SHARE,
                "C": REGULARISATION,
                "class_weight": "balanced",
                "model": "logistic regression",
            }
        )
        mlflow.log_metrics(metrics)
        for role, part in (("train", train), ("holdout", holdout)):
            data = mlflow.data.from_pandas(part, source=f"data/{role}.parquet", name=role, targets=LABEL)
            mlflow.log_input(data, context=role)
        signature = infer_signature(train[features], model.predict(train[features]))
        logged = mlflow.sklearn.log_model(model, name="model", signature=signature)
    client = mlflow.MlflowClient()
    if not client.search_registered_models(f"name = '{NAME}'"):
        client.create_registered_model(NAME)
    version = str(
        client.create_model_version(NAME, logged.model_uri, run.info.run_id, model_id=logged.model_id).version
    )
    client.set_registered_model_alias(NAME, "candidate", version)
    return version


if __name__ == "__main__":
    main()
