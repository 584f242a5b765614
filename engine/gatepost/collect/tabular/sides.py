"""Two tables that are compared, as the options of a collector name them: each by its path and its query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.tabular import location
from gatepost.collect.tabular.opening import Opened, open_table

__all__ = ["open_side"]


@contextmanager
def open_side(side: str, options: Mapping[str, Any], context: Context) -> Iterator[Opened]:
    """Open the table of an option until the end of the block, with the predictions of ``model`` where it is named.

    Raises:
        CollectorError: the table cannot be used, or the model cannot predict it.
    """
    query, tracking = options.get(f"{side}_query"), options.get("tracking_uri")
    data = location.located(options[side], context, (side,), tracking)
    if "model" in options:
        from gatepost.collect.models import prediction

        if query:
            raise CollectorError(
                "a model predicts a file, not a query", option=(side,), advice="export the rows first"
            )
        file = location.one_file(data, options[side], context, (side,))
        data = [prediction.predict(options["model"], file, options.get("label"), context, tracking)]
    asked = (f"{side}_query",) if query else (side,)
    with open_table(data, context, query=query, name=location.shown_name(options[side]), option=asked) as opened:
        yield opened
