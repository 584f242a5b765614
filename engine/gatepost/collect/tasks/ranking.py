"""A ranking: how far up the relevant rows of each query stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.tabular import averages
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.measured import Measured

__all__ = ["Ranking"]

_K = 10


class Ranking:
    """Measures scores that order the rows of each query; ``notes`` grows while it does."""

    def __init__(self, data: Measured, options: Mapping[str, Any]) -> None:
        if "qid" not in data.view.roles or data.score is None:
            what = "a ranking needs `qid`, the column of the query, and `score`, which orders its rows"
            raise CollectorError(what, option=("task",), advice="name both")
        if "weight" in options or "cluster" in options:
            raise CollectorError("a ranking is a mean over queries, without weights", option=("task",))
        self.view = data.view
        self.k = int(options.get("k", _K))
        self.notes: list[str] = []

    def metrics(self, crossings: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, dict[str, Any]]]:
        """Return the means over queries: ``ndcg_at_k``, ``mrr`` and ``precision_at_k``, with k in the name.

        Raises:
            CollectorError: slices are asked for, a relevance is negative, or no query has a relevant row.
        """
        if crossings != [()]:
            raise CollectorError("slices part rows, and a ranking is of queries", option=("slices",))
        view = self.view
        with view.opened.reading():
            least = view.table.aggregate(low=view.table.truth.min()).to_pyarrow()["low"][0].as_py()
        if least < 0:
            raise CollectorError("a relevance is negative", option=("label",), advice="0 says not relevant")
        table = self._by_query()
        relevant = table.filter(table.ideal > 0)
        with view.opened.reading():
            n, queries = (int(one.count().to_pyarrow().as_py()) for one in (relevant, table))
        if n < queries:
            self.notes.append(f"{queries - n} of {queries} queries have no relevant row: they are left out")
        if n == 0:
            raise CollectorError("no query has a relevant row", option=("label",))
        columns = {
            f"ndcg_at_{self.k}": relevant.gained / relevant.ideal,
            "mrr": 1.0 / relevant.first,
            f"precision_at_{self.k}": relevant.found / self.k,
        }
        wanted = {name: averages.Average(column, "bounded") for name, column in columns.items()}
        return {(): averages.averages(View(view.opened, relevant, {}, n), (), wanted)}

    def whole(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}

    def versus(self) -> dict[str, dict[str, Any]]:
        """Refuse: rankings are not compared.

        Raises:
            CollectorError: always.
        """
        raise CollectorError("rankings are not compared with a baseline", option=("baseline_score",))

    def _by_query(self) -> Any:
        """Return a table of queries: the discounted gain, that of the ideal order, the first relevant place, hits.

        Rows of one score stand on the mean of their places (McSherry and Najork, ECIR 2008), the first relevant one
        on the last of them.
        """
        import ibis

        table = self.view.table
        own = ibis.window(group_by=table.qid, order_by=table.score.desc())
        best = ibis.window(group_by=table.qid, order_by=table.truth.desc())
        rows = table.mutate(place=ibis.row_number().over(own) + 1, ideal_place=ibis.row_number().over(best) + 1)
        rows = rows.mutate(
            discount=self._discount(rows.place),
            within=(rows.place <= self.k).cast("float64"),
            ideal=rows.truth * self._discount(rows.ideal_place),
            relevant=(rows.truth > 0).cast("float64"),
        )
        ties = rows.group_by(["qid", "score"]).aggregate(
            gain=rows.truth.sum() * rows.discount.mean(),
            hits=rows.relevant.sum() * rows.within.mean(),
            any=rows.relevant.max(),
            last=rows.place.max(),
            ideal=rows.ideal.sum(),
        )
        return ties.group_by("qid").aggregate(
            gained=ties.gain.sum(),
            found=ties.hits.sum(),
            first=ties.last.min(where=ties["any"] > 0),
            ideal=ties.ideal.sum(),
        )

    def _discount(self, place: Any) -> Any:
        import ibis

        return ibis.ifelse(place <= self.k, 1 / (place + 1).cast("float64").log2(), 0.0)
