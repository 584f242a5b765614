"""The one table of directions: which metrics are better when they are higher, whatever their names carry besides."""

import pytest

from gatepost.evidence.directions import direction_of, higher_is_better

HIGHER = """
accuracy test_accuracy eval/accuracy ACC evalAccuracy F1Score f1-score macro_f1 f1_class_0 R2 test_r2 r2_score r2_adj
rocAuc ROC_AUC auc_pr train-auc top5_accuracy top_5_accuracy mAP mIoU rougeL rougeLsum ndcg@10 precision_at_5 pass@1
recall_at_k negative_predictive_value neg_mean_squared_error neg_log_loss neg_root_mean_squared_error tpr
demographic_parity_ratio eval_samples_per_second
""".split()
LOWER = """
mae rmse test_rmse rmse_test testRmse RMSE val_loss loss LogLoss log_loss neg_log_likelihood brier brier_score_loss ece
ECE_15 mean_absolute_error latency_ms p99_latency validation_0-logloss test-rmse-mean zero_one_loss focal_loss hinge
error_rate fpr fnr false_positives mean_pinball_loss perplexity eval_perplexity wer mape psi equalized_odds_difference
""".split()
NEITHER = """
mean_error test_mean_error neg_mean_error mean_bias_error 1-accuracy one_minus_auc auc_drop accuracy_std std_loss
standard_error selection_rate impact_ratio slope intercept score mean_score epoch support success_rate test 1
loss_improvement error_reduction n example_count our_index
""".split()


@pytest.mark.parametrize("name", HIGHER)
def test_higher(name: str) -> None:
    assert higher_is_better(name) is True


@pytest.mark.parametrize("name", [*LOWER, "valid_0's l2"])
def test_lower(name: str) -> None:
    assert higher_is_better(name) is False


@pytest.mark.parametrize("name", [*NEITHER, "", "²"])
def test_no_direction_is_guessed(name: str) -> None:
    assert higher_is_better(name) is None


def test_what_the_metric_says_of_itself_counts_first() -> None:
    assert direction_of("our_index", {"value": 0.3, "higher_is_better": False}) is False
    assert direction_of("our_index", {"value": 0.3}) is None
    assert direction_of("rmse", {"value": 0.3}) is False
