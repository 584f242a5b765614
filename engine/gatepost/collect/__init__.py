"""Collecting: slow, touches the world, needs heavy libraries; each imported only by the source that needs it."""

from gatepost.callable_package import make_callable

make_callable(__name__)
