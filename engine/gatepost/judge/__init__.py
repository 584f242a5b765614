"""Judging: a pure function, no network, no clock, no heavy import."""

from gatepost.callable_package import make_callable

make_callable(__name__)
