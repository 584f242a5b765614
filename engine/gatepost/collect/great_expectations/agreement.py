"""Whether a validation result agrees with itself: counts, shares, successes, and how many entries there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatepost.collect.foreign import as_count, as_number
from gatepost.collect.great_expectations.looked_at import values_counted

__all__ = ["COUNTS", "disagreement_of_entry", "disagreement_of_totals"]

COUNTS = ("element_count", "missing_count", "unexpected_count")
# Kinds that look at value by value, and fail where too many of them are unexpected.
_BY_VALUE = (
    "expect_column_pair_values_",
    "expect_column_value_",
    "expect_column_values_",
    "expect_compound_columns_",
    "expect_multicolumn_",
    "expect_select_column_values_",
)
_ROUNDED_PERCENT = 0.51
_ROUNDING = 1e-9


def disagreement_of_entry(kind: str, kwargs: Mapping[str, Any], success: bool, result: Mapping[str, Any]) -> str:
    """Return what in the result of an expectation, which was evaluated, contradicts another part; else nothing."""
    elements, missing, unexpected = (as_count(result.get(name)) for name in COUNTS)
    if elements is None:
        return _of_aggregate(kind, kwargs, success, result)
    if missing is not None and missing > elements:
        return f"`missing_count` is {missing}, more than `element_count`, {elements}"
    looked = values_counted(result) or 0
    if unexpected is None:
        return ""
    if unexpected > looked:
        return f"`unexpected_count` is {unexpected}, and {looked} values were looked at"
    wholes = {
        "unexpected_percent": looked,
        "unexpected_percent_nonmissing": looked,
        "unexpected_percent_total": elements,
    }
    for name, whole in wholes.items():
        percent = as_number(result.get(name))
        if percent is not None and whole and abs(percent - 100 * unexpected / whole) > _ROUNDED_PERCENT:
            return f"`{name}` is {percent:g}, and {unexpected} of {whole} is {100 * unexpected / whole:.4g} %"
    return _of_success(kind, kwargs, success, looked, unexpected) if "observed_value" not in result else ""


def _of_success(kind: str, kwargs: Mapping[str, Any], success: bool, looked: int, unexpected: int) -> str:
    mostly = as_number(kwargs.get("mostly", 1 if kind.startswith(_BY_VALUE) else None))
    if mostly is None or not looked:
        return ""
    expected = (looked - unexpected) / looked
    found = f"{unexpected} of {looked} values are unexpected, and `mostly` is {mostly:g}"
    if success and expected < mostly - _ROUNDING:
        return f"`success` is true, yet {found}"
    if not success and (not unexpected or expected > mostly + _ROUNDING):
        return f"`success` is false, yet {found}"
    return ""


def _of_aggregate(kind: str, kwargs: Mapping[str, Any], success: bool, result: Mapping[str, Any]) -> str:
    """Compare a number with its limits."""
    observed = as_number(result.get("observed_value"))
    if observed is None or not kind.endswith(("_to_be_between", "_to_equal")):
        return ""
    equal = kwargs.get("value") if kind.endswith("_to_equal") else None
    limits = {"min_value": kwargs.get("min_value", equal), "max_value": kwargs.get("max_value", equal)}
    if all(limit is None for limit in limits.values()):
        return ""
    inside, near = True, False
    for name, limit in limits.items():
        bound = as_number(limit)
        if bound is None:
            if limit is not None:
                return ""  # a date, or a parameter
            continue
        beyond = bound - observed if name == "min_value" else observed - bound
        inside = inside and beyond <= 0
        near = near or abs(beyond) <= _ROUNDING * max(1.0, abs(bound))
    # At a limit, rounding and `strict_min` decide; counts are equal or not.
    if (near and equal is None) or inside == success:
        return ""
    shown = f"{observed:g} was observed, which is {'within' if inside else 'outside of'} its limits"
    return f"`success` is {str(success).lower()}, yet {shown}"


def disagreement_of_totals(whole: Mapping[str, Any], successes: Sequence[bool], unit: str) -> str:
    """Return what a result says of its parts and is not so: how many there are, how many succeeded.

    Args:
        whole: a suite's result, or that of a checkpoint.
        successes: whether each of its entries, or of its suites, succeeded.
        unit: what the statistics call them: expectations or validations.
    """
    said = whole.get("success")
    if isinstance(said, bool) and said != all(successes):
        right = f"{successes.count(False)} of the {len(successes)} {unit} in it failed"
        return f"`success` is {str(said).lower()}, yet {right}"
    statistics = whole.get("statistics")
    if not isinstance(statistics, Mapping):
        return ""
    counts = {"evaluated": len(successes), "successful": sum(successes), "unsuccessful": successes.count(False)}
    for name, count in counts.items():
        key = f"{name}_{unit}"
        if statistics.get(key) is not None and as_count(statistics[key]) != count:
            return f"`{key}` is {statistics[key]}, and the file has {count}"
    percent = as_number(statistics.get("success_percent"))
    right_percent = 100 * sum(successes) / len(successes)
    if percent is not None and abs(percent - right_percent) > _ROUNDED_PERCENT:
        return f"`success_percent` is {percent:g}, and {right_percent:.4g} % of the {unit} in the file succeeded"
    return ""
