"""The files of a first configuration, from templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatepost.__about__ import __version__
from gatepost.starting.looking import Found, RegisteredModel

__all__ = ["CI", "Chosen", "File", "extras", "files"]

CI = {
    "github": ".github/workflows/gatepost.yml",
    "gitlab": ".gitlab-ci.yml",
    "jenkins": "Jenkinsfile",
}
"""By the CI system, the file that it reads."""
_INCLUDED = {"gitlab": ".gitlab/gatepost.yml", "jenkins": "Jenkinsfile.gatepost"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose, or what is taken without one."""

    name: str
    risk_tier: str
    task: str
    ci: str
    model: RegisteredModel | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file to write, and what to do by hand once it is there."""

    path: str
    content: str
    then: str = ""


def files(folder: Path, found: Found, chosen: Chosen) -> Iterator[File]:
    """Return the files, those that are there among them: whoever writes leaves these as they are."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,  # noqa: S701 - YAML and Markdown, not HTML; values are quoted as JSON, which YAML reads
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    values = {"found": found, "chosen": chosen, "extras": ",".join(extras(found, chosen)), "version": __version__}

    def made(template: str) -> str:
        return templates.get_template(template).render(**values)

    yield File("gatepost.yaml", made("gatepost.yaml.j2"))
    if not found.policies:
        yield File("policies/our-rules.yaml", made("our-rules.yaml.j2"))
        yield File("policies/our-rules.test.yaml", made("our-rules.test.yaml.j2"))
    if not found.card:
        yield File("MODEL_CARD.md", made("MODEL_CARD.md.j2"))
    if chosen.ci in CI:
        path, then = CI[chosen.ci], ""
        if chosen.ci in _INCLUDED and (folder / path).exists():
            own = _INCLUDED[chosen.ci]
            then = (
                f"add it to {path}: include: [{{local: {own}}}]" if chosen.ci == "gitlab" else f"merge it into {path}"
            )
            path = own
        yield File(path, made(f"{chosen.ci}.j2"), then)


def extras(found: Found, chosen: Chosen) -> list[str]:
    """Return the extras that the sources of the first gatepost.yaml need."""
    used = ["model-card"]
    used += ["mlflow"] if chosen.model is not None else []
    return used + (["great-expectations"] if len(found.suites) == 1 and len(found.data) == 1 else [])
