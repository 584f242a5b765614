"""Collecting in the child process: what opens databases, models, tables or suites that a merge request can change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gatepost.collect.digests import tree_digest
from gatepost.collect.inputs import input_options, resolve_inputs
from gatepost.collect.interface import Collected, Collector, CollectorError, Context
from gatepost.collect.plain import plain

__all__ = ["collect", "collect_in_child"]


def collect(collector: Collector, options: Mapping[str, Any], context: Context) -> Collected:
    """Have a collector do its work: in the child process where an option names an input, else here.

    The child gets, through its pipe, the options of this entry with their credentials, and the paths of its inputs,
    which this process found, checked and downloaded. It has no network unless the entry reads a server or says
    ``network: true``.

    Raises:
        CollectorError: the collector's own, or what happened to the child.
    """
    if context.in_child or not input_options(collector, options):
        return _plain(collector.collect(options, context))
    from gatepost.collect.isolation import sandbox

    inputs = resolve_inputs(collector, options, context)
    network = context.network or inputs.server
    answer = sandbox.run(
        "gatepost.collect.isolation.collecting:collect_in_child",
        {
            "collector": collector.name,
            "options": dict(options),
            "context": context.to_data() | {"inputs": {key: list(map(str, v)) for key, v in inputs.paths.items()}},
        },
        timeout_seconds=context.timeout_seconds,
        memory_bytes=context.memory_bytes,
        say=context.say,
        reads=inputs.files,
        network=network,
        require_isolation=context.require_isolation,
    )
    found = Collected.from_data(answer)
    notes = (*found.notes, *inputs.notes, sandbox.isolation_note(network=network))
    return replace(found, notes=notes, read={str(path): tree_digest(path) for path in inputs.stored})


def collect_in_child(
    collector: str, options: dict[str, Any], context: dict[str, Any], say: Callable[[str], None]
) -> dict[str, Any]:
    """Do the work of :func:`collect`; called in the child process."""
    from gatepost.collect.registry import Registry

    found = Registry().get(collector)
    assert found is not None
    inside = replace(Context.from_data(context), say=say, in_child=True)
    try:
        return _plain(found.collect(options, inside)).to_data()
    except ImportError as error:
        advice = f"pip install 'gatepost[{found.extra}]'" if found.extra else ""
        raise CollectorError(f"a library is missing: {error}", advice=advice) from error


def _plain(found: Collected) -> Collected:
    return replace(found, sections=plain(found.sections), subject=plain(found.subject))
