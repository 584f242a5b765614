"""The options of the commands that collect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ["collect_options", "config_option"]

config_option = click.option(
    "--config", default="gatepost.yaml", metavar="FILE", help="The configuration (gatepost.yaml)."
)


def collect_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--no-cache``, ``--jobs``, ``--data-root`` and ``--repository``."""
    for option in (
        click.option(
            "--repository",
            metavar="DIR",
            help="Root of the repository; default: the nearest folder above gatepost.yaml that holds .git.",
        ),
        click.option(
            "--data-root",
            "data_roots",
            multiple=True,
            metavar="DIR",
            help="Allow data and models from this folder or address outside the repository; repeatable.",
        ),
        click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Collect from N sources at a time."),
        click.option("--no-cache", is_flag=True, help="Collect everything anew, and keep nothing of it."),
    ):
        command = option(command)
    return command
