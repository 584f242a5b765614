"""Every value made of counts is the double nearest to the exact ratio."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from gatepost.collect.comparing import Comparing, attribute_summary
from gatepost.collect.statistics.confusion_matrix import class_means
from gatepost.collect.statistics.means import area_under_curve, paired_areas
from gatepost.collect.statistics.proportions import counted
from gatepost.collect.tabular.rates import Groups, balanced_accuracy, f1
from gatepost.collect.tabular.totals import Totals

CELLS = ("tp", "fp", "fn", "tn")
MATRIX = st.tuples(*[st.integers(1, 400)] * 4)


def totals(tp: int, fp: int, fn: int, tn: int) -> Totals:
    counts = dict(zip(CELLS, (tp, fp, fn, tn), strict=True))
    n = sum(counts.values())
    return Totals(n, n, counts, dict(counts))


@given(MATRIX)
def test_rates_are_rounded_once(matrix: tuple[int, int, int, int]) -> None:
    tp, fp, fn, tn = matrix
    n = tp + fp + fn + tn
    found = Groups({"a": totals(*matrix)}, labelled=True).rates("a")
    assert {name: metric["value"] for name, metric in found.items()} == {
        "selection_rate": (tp + fp) / n,
        "tpr": tp / (tp + fn),
        "fnr": fn / (tp + fn),
        "fpr": fp / (fp + tn),
        "tnr": tn / (fp + tn),
        "precision": tp / (tp + fp),
        "accuracy": (tp + tn) / n,
    }
    score, balanced = f1(totals(*matrix)), balanced_accuracy(totals(*matrix))
    assert score is not None and score.value == 2 * tp / (2 * tp + fp + fn)
    assert balanced is not None and balanced.exact == (Fraction(tp, tp + fn) + Fraction(tn, fp + tn)) / 2
    assert balanced.value == float(balanced.exact)


@settings(deadline=None)
@given(st.lists(MATRIX, min_size=2, max_size=4))
def test_summaries_of_attributes_are_rounded_once(matrices: list[tuple[int, int, int, int]]) -> None:
    names = [f"g{number}" for number in range(len(matrices))]
    groups = Groups({name: totals(*matrix) for name, matrix in zip(names, matrices, strict=True)}, labelled=True)
    found = {key: metric["value"] for key, metric in attribute_summary(groups, names).items()}
    selected = [Fraction(tp + fp, tp + fp + fn + tn) for tp, fp, fn, tn in matrices]
    right = [Fraction(tp, tp + fn) for tp, _, fn, _ in matrices]
    wrong = [Fraction(fp, fp + tn) for _, fp, _, tn in matrices]
    assert found == {
        "demographic_parity_difference": float(max(selected) - min(selected)),
        "demographic_parity_ratio": float(min(selected) / max(selected)),
        "equalized_odds_difference": float(max(max(of) - min(of) for of in (right, wrong))),
        "equalized_odds_ratio": float(min(min(of) / max(of) for of in (right, wrong))),
    }


def test_four_fifths_are_never_below_four_fifths() -> None:
    for n in range(5, 201):
        for part in range(1, n // 5 + 1):
            one, base = counted(4 * part, n), counted(5 * part, n)
            assert one is not None and base is not None
            assert float(one.exact / base.exact) == 0.8, (n, part)


@pytest.mark.parametrize(("cases", "of"), [((4, 100), (5, 100)), ((12, 35), (3, 7)), ((28, 90), (35, 90))])
def test_an_impact_ratio_is_that_of_the_counts(cases: tuple[int, int], of: tuple[int, int]) -> None:
    shares = {"a": counted(*cases), "b": counted(*of)}
    known = {name: share for name, share in shares.items() if share is not None}
    comparing = Comparing("b", 1)
    assert comparing.ratios(known, "b")["a"]["value"] == 0.8
    exact = Fraction(*cases) - Fraction(*of)
    assert comparing.differences(known, "b")["a"]["value"] == float(exact)


def test_means_over_classes_are_rounded_once() -> None:
    generator = np.random.default_rng(5)
    for size in (2, 3, 7):
        for _ in range(30):
            matrix = generator.integers(0, 30, (size, size)) + np.eye(size, dtype=int)
            found = class_means(matrix.astype(float), matrix.astype(float), int(matrix.sum()))
            recalls = [Fraction(int(matrix[c, c]), int(matrix[c].sum())) for c in range(size)]
            assert found["balanced_accuracy"]["value"] == float(sum(recalls) / size)
            rows = [(t, p) for t in range(size) for p in range(size) for _ in range(int(matrix[t, p]))]
            truth, predicted = zip(*rows, strict=True)
            for average in ("macro", "weighted"):
                assert found[f"f1_{average}"]["value"] == pytest.approx(f1_score(truth, predicted, average=average))


def test_the_area_under_the_curve_is_the_share_of_pairs() -> None:
    generator = np.random.default_rng(6)
    for _ in range(50):
        n = int(generator.integers(10, 80))
        positive, score, other = generator.random(n) < 0.4, *np.round(generator.random((2, n)), 1)
        if positive.all() or not positive.any():
            continue
        areas = []
        for one in (score, other):
            better = sum(Fraction(int(a > b) * 2 + int(a == b), 2) for a in one[positive] for b in one[~positive])
            areas.append(better / int(positive.sum()) / int((~positive).sum()))
        order = np.argsort(score, kind="stable")
        area = area_under_curve(positive[order], score[order])
        assert area is not None and area.value == float(areas[0]) == pytest.approx(roc_auc_score(positive, score))
        paired = paired_areas(positive, score, other)
        assert paired is not None and paired[0] == float(areas[0] - areas[1])
