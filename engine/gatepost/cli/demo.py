"""``gatepost demo``: the whole thing on a small real model, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from gatepost.cli.output import print_out
from gatepost.problems import GatepostError, Place

__all__ = ["demo"]

MARKER = ".gatepost-demo"
# What a run leaves in the example, were it run where it lies.
_LEFT_BEHIND = shutil.ignore_patterns(
    "mlflow.db*", "mlruns", "*.parquet", ".gatepost", "gatepost.xml", "gatepost.sarif", "gatepost.html", "__pycache__"
)


@click.command()
@click.option("--dir", "folder", default="gatepost-demo", metavar="DIR", help="Where it goes (gatepost-demo).")
def demo(folder: str) -> int:
    """Train a small credit model, log it to MLflow, and run the gate on it.

    Exits with 0 where the demonstration worked, whatever the gate says of the model.
    """
    target = Path(folder)
    _prepare(target)
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "GX_ANALYTICS_ENABLED": "false"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    print_out(f"demo  a project in {folder}: data, a model card, expectations, gatepost.yaml")
    _commit(target)
    print_out("demo  train.py trains a credit model and registers it in MLflow (about 20 s)")
    if _python(target, environment, "train.py") != 0:
        raise GatepostError.of("the demonstration could not train its model", advice="its words stand above")
    print_out("demo  gatepost run\n")
    code = _python(target, environment, "-m", "gatepost", "run")
    if code not in (0, 1):
        raise GatepostError.of("the gate could not judge the demonstration's model", advice="its words stand above")
    print_out(_farewell(folder, code))
    return 0


def _prepare(target: Path) -> None:
    """Copy the example; a folder that holds something else is left alone."""
    if target.exists() and not (target / MARKER).exists() and (not target.is_dir() or any(target.iterdir())):
        raise GatepostError.of(
            f"{target} is there already, and is no demonstration", Place(str(target)), "name another with --dir DIR"
        )
    _check_links(target)
    example = Path(__file__).resolve().parent.parent / "examples" / "credit-risk"
    try:
        shutil.copytree(example, target, dirs_exist_ok=True, ignore=_LEFT_BEHIND)
        (target / MARKER).write_text("Made by `gatepost demo`, which may write over this folder.\n")
    except OSError as error:
        raise GatepostError.of(f"cannot write {target}: {error.strerror or error}", Place(str(target))) from error


def _check_links(target: Path) -> None:
    """Refuse symbolic links in a folder that the demonstration writes over: they may lead to files of others."""
    for above, folders, files in os.walk(target):
        for path in (Path(above, name) for name in (*folders, *files)):
            if path.is_symlink():
                what = f"{path} is a symbolic link, and the demonstration does not write over links"
                raise GatepostError.of(what, Place(str(path)), "remove it, or name another folder with --dir DIR")


def _commit(target: Path) -> None:
    """Make a repository of the folder, so that the model knows the code that it was trained from."""
    from gatepost.git.command import git, said

    identity = {"user.name": "Gatepost demo", "user.email": "demo@example.com", "commit.gpgsign": "false"}
    for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "--message", "The demonstration"]):
        # A work tree that is given would stand in the configuration that `init` writes.
        work_tree = None if arguments[0] == "init" else target
        done = git(target / ".git", *arguments, work_tree=work_tree, settings=identity)
        nothing_new = arguments[0] == "commit" and b"nothing to commit" in done.stdout
        if done.returncode != 0 and not nothing_new:
            raise GatepostError.of(f"git {arguments[0]} failed: {said(done)}")


def _python(target: Path, environment: dict[str, str], *arguments: str) -> int:
    sys.stdout.flush()
    return subprocess.run([sys.executable, *arguments], cwd=target, env=environment, check=False).returncode


def _farewell(folder: str, code: int) -> str:
    said = "blocked this model, as it should: in CI" if code == 1 else "let this model pass: in CI"
    return f"""
The gate {said}, `gatepost run` exits with {code}.
Look further:
  cd {folder}
  gatepost run                                  the same again
  gatepost report .gatepost/verdict.json        the verdict without collecting
  gatepost.html                                 the same for people, in a browser
  gatepost run --param performance.min_accuracy=0.5
Fix one finding: add the missing field to MODEL_CARD.md, and run it again."""
