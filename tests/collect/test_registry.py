from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gatepost.collect.registry import Registry
from gatepost.problems import GatepostError

GOOD = """
name, version, sections, extra = "other", "1", ("risk",), ""
options = {"type": "object"}
def describe(options): return ""
def fingerprint(options, context): ...
def collect(options, context): ...
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, content: str, name: str = "other") -> None:
    """Install a package that offers a collector, as pip would leave it."""
    (folder / "other_package.py").write_text(content)
    info = folder / "other_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[gatepost.collectors]\n{name} = other_package\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "other_package", raising=False)


def test_a_collector_of_another_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, GOOD)
    found = Registry().get("other")
    assert found is not None
    assert found.sections == ("risk",)
    assert Registry().names()[-1] == "other"


def test_it_does_not_hide_a_built_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, GOOD, name="git")
    found = Registry().get("git")
    assert found is not None
    assert found.name == "git"
    assert Registry().names().count("git") == 1


def test_an_unknown_one_is_nothing() -> None:
    assert Registry().get("gti") is None


def test_only_the_one_that_is_asked_for_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry({"one": "json.tool", "two": "no_such_module"})
    assert registry.names() == ["one", "two"]
    assert registry.get("one") is sys.modules["json.tool"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("import no_such_library", "the collector `other` of other-package cannot be loaded: ModuleNotFoundError"),
        ("1 / 0", "cannot be loaded: ZeroDivisionError"),
        (GOOD.replace("def collect", "def colect"), "it lacks collect, or has"),
        (GOOD.replace('"1"', "1"), "it lacks version, or has"),
        (GOOD.replace('{"type": "object"}', '{"type": "objct"}'), "no JSON Schema"),
        (GOOD.replace('{"type": "object"}', '{"$ref": "#/$defs/x"}'), "has a `$ref`"),
        (GOOD.replace('{"type": "object"}', '{"enum": {1, 2}}'), "no JSON Schema"),
    ],
)
def test_one_that_is_none_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, said: str
) -> None:
    install(tmp_path, monkeypatch, content)
    with pytest.raises(GatepostError) as caught:
        Registry().get("other")
    assert said in caught.value.problems[0].what
    assert "other-package" in caught.value.problems[0].advice
