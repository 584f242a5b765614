"""Whether a higher value of a metric is better, by its name: the one table that every part of Gatepost reads.

A name that the table does not know has no direction: nothing is guessed. Neither has one whose best value lies in the
middle, such as a mean error, a selection rate or a calibration slope.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from gatepost.evidence.plain import Fault
from gatepost.evidence.schema import Path

__all__ = ["direction_of", "higher_is_better", "misdirected"]

_HIGHER = """
accuracy acc balanced_accuracy categorical_accuracy binary_accuracy robust_accuracy clean_accuracy subset_accuracy
precision recall f1 f2 f_beta fbeta sensitivity specificity tpr tnr ppv npv true_positive_rate true_negative_rate
positive_predictive_value negative_predictive_value precision_recall roc true_positives true_negatives auc roc_auc
auc_roc auroc rocauc pr_auc auc_pr prauc auprc precision_recall_auc average_precision ap map mean_average_precision
gini ks mcc matthews_corrcoef kappa cohen_kappa quadratic_weighted_kappa informedness youden jaccard iou miou dice
r2 r_squared r2_adjusted r2_adj adjusted_r2 explained_variance d2 d2_absolute_error d2_pinball d2_tweedie
d2_log_loss d2_brier pearson pearsonr pearson_r spearman spearmanr spearman_r kendall kendall_tau correlation
concordance_index c_index ndcg dcg mrr mean_reciprocal_rank reciprocal_rank hit_rate hits hit_ratio silhouette
calinski_harabasz adjusted_rand rand rand_index adjusted_mutual_info normalized_mutual_info homogeneity completeness
v_measure fowlkes_mallows bleu sacrebleu rouge rouge1 rouge2 rougel rougelsum meteor chrf bertscore exact_match em
pass win_rate faithfulness groundedness helpfulness psnr ssim log_likelihood elpd throughput samples_per_second
steps_per_second tokens_per_second demographic_parity_ratio equalized_odds_ratio
"""
_LOWER = """
mae mse rmse msle rmsle mape smape mdape wape mase medae mad l1 l2 rmae nrmse mean_absolute_error mean_squared_error
root_mean_squared_error mean_squared_log_error root_mean_squared_log_error mean_absolute_percentage_error
symmetric_mean_absolute_percentage_error mean_absolute_scaled_error median_absolute_error absolute_error
squared_error percentage_error max_error error err error_rate misclassification misclassification_rate merror
zero_one_loss loss logloss log_loss binary_logloss multi_logloss mlogloss neg_log_likelihood negative_log_likelihood
nll cross_entropy crossentropy binary_crossentropy categorical_crossentropy xent hinge squared_hinge huber pinball
deviance poisson_deviance gamma_deviance tweedie_deviance mean_poisson_deviance mean_gamma_deviance
mean_tweedie_deviance kl_divergence crps hamming ranking_loss coverage_error brier ece mce ace
expected_calibration_error maximum_calibration_error calibration_error fpr fnr fdr false_positive_rate
false_negative_rate false_discovery_rate false_omission_rate miss_rate eer equal_error_rate false_positives
false_negatives perplexity ppl bits_per_byte bits_per_character wer cer ter mer word_error_rate character_error_rate
fid kid lpips edit_distance levenshtein toxicity toxicity_rate hallucination hallucination_rate attack_success_rate
latency runtime duration inference_time response_time davies_bouldin inertia aic bic psi
demographic_parity_difference equalized_odds_difference accuracy_drop
"""
# These have no best end, although they end like names that have one.
_NEITHER = "mean_error median_error average_error mean_percentage_error bias_error signed_error"
_TABLE: Mapping[str, bool | None] = {
    **dict.fromkeys(_HIGHER.split(), True),
    **dict.fromkeys(_LOWER.split(), False),
    **dict.fromkeys(_NEITHER.split()),
}
# What says on which data, over which classes, or in which unit a metric was measured: its direction stays.
_ABOUT = frozenset(
    """
    train training test testing val valid validation eval evaluation dev holdout oof cv fold best final last overall
    total metric metrics score macro micro weighted samples binary multiclass multilabel class label avg average
    mean median min max ovr ovo k top at ms s sec secs seconds milliseconds p50 p90 p95 p99
    """.split()
)
_SPLITS = frozenset(
    "train training test testing val valid validation eval evaluation dev holdout oof cv fold".split()
)
# With one of these a name says something else about the metric: its spread, its change, its opposite.
_ANOTHER = frozenset(
    """
    minus less one not neg negative standard inverse inverted delta diff difference drop gap change gain improvement
    reduction ratio std stdev stddev sd var variance se stderr sem ci low high lower upper pvalue p importance
    weight threshold limit target count
    """.split()
)
_NUMBERED = re.compile(r"(top|at|fold|class|p|valid|validation)[0-9]+\Z")
_WORDS = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+")


def direction_of(name: str, metric: Mapping[str, Any]) -> bool | None:
    """Return whether a higher value is better: as the metric says, else by its name; None where neither tells."""
    stated = metric.get("higher_is_better")
    return stated if isinstance(stated, bool) else higher_is_better(name)


def misdirected(sections: Mapping[str, Any], path: Path = ("evidence",)) -> list[Fault]:
    """Return the metrics of a model that state the opposite of the direction that their names have."""
    found = [
        Fault(
            (*path, "performance", key, name, "higher_is_better"),
            f"`{name}` is stated to be {_WORDING[stated]}, and is {_WORDING[not stated]}",
            "remove `higher_is_better`, or give what you measured a name of its own",
        )
        for key in ("metrics", "versus_baseline")
        for name, metric in sections.get("performance", {}).get(key, {}).items()
        for stated in (metric.get("higher_is_better"),)
        if stated is not None and higher_is_better(name) is (not stated)
    ]
    for name, other in sections.get("more", {}).items():
        found += misdirected(other, (*path, "more", name))
    return found


_WORDING = {True: "better when it is higher", False: "better when it is lower"}


@cache
def higher_is_better(name: str) -> bool | None:
    """Return whether a higher value of a metric of this name is better; None for a name that is not known.

    ``test_rmse``, ``val/loss``, ``evalAccuracy``, ``f1 (macro)``, ``ndcg@10`` and ``valid_0's l2`` are read as the
    metric that they are about; scikit-learn's ``neg_`` turns the direction.
    """
    for pattern in (_WORDS, _CAMEL):
        parts = [part.lower() for part in pattern.findall(name.replace("'s", ""))]
        known, found = _look_up(parts)
        if known:
            return found
    return None


def _look_up(parts: list[str]) -> tuple[bool, bool | None]:
    """Return whether the table has a name of these parts, and its direction."""
    measured = _without_split(parts)
    core = [part for index, part in enumerate(parts) if not _says_where(part, index)]
    # As it is; without the data it was measured on; without everything that leaves the direction as it is.
    for chosen in (parts, measured, core):
        key = "_".join(chosen)
        if key in _TABLE:
            return True, _TABLE[key]
    if measured[:1] in (["neg"], ["negative"]):
        known, found = _look_up(measured[1:])
        return known, None if found is None else not found
    # focal_loss, reconstruction_error, checkout_latency
    is_loss = len(core) > 1 and core[-1] in ("loss", "error", "latency") and not _ANOTHER & set(core)
    return is_loss, False if is_loss else None


def _says_where(part: str, index: int) -> bool:
    return part in _ABOUT or (part.isdigit() and index > 0) or _NUMBERED.match(part) is not None


def _without_split(parts: list[str]) -> list[str]:
    kept = list(parts)
    while kept and kept[0] in _SPLITS:
        kept = kept[2:] if len(kept) > 1 and kept[1].isdigit() else kept[1:]
    while kept and kept[-1] in _SPLITS:
        kept.pop()
    return kept
