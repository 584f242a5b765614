"""What was edited after a run is told: by ``verify``, and by each command that reads what the run left."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
OLD = Path(__file__).parent / "written_by_0_1"
STATE = Path(".gatepost")
WAIVERS = """waivers:
  - {id: W-1, rules: [docs/owner], subject: credit, reason: r, approved_by: a, expires: 2100-01-01, ticket: R-1}
"""
VERIFIED = """.gatepost/verdict.json: PASS credit, judged at NOW by gatepost
  0.1.0

ok            decision
ok            exit code
ok            what it names
ok            counts
ok            fingerprints
ok            waivers
ok            margins
ok            policies listed
ok            evidence
ok            subject
ok            sources
ok            policies
ok            profiles
ok            params
ok            rules
not checked   waiver file      the verdict names none
not checked   baseline         the verdict names none
ok            outcomes

CONSISTENT  16 ok, 2 not checked
"""


@pytest.fixture
def judged(gatepost: Run, project: Path) -> Path:
    assert gatepost("run", "-q", cwd=project).returncode == 0
    return project


def edit(project: Path, change: Callable[[dict[str, Any]], object], name: str = "verdict.json") -> None:
    path = project / STATE / name
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def inconsistent(gatepost: Run, project: Path, *options: str) -> dict[str, str]:
    done = gatepost("verify", "--format", "json", *options, cwd=project)
    found = json.loads(done.stdout)
    assert found["consistent"] is (done.returncode == 0)
    return {one["what"]: one["detail"] for one in found["checks"] if one["state"] == "inconsistent"}


def test_what_a_run_left_is_consistent(gatepost: Run, judged: Path) -> None:
    done = gatepost("verify", cwd=judged)
    now = json.loads((judged / STATE / "verdict.json").read_text())["now"]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == VERIFIED.replace("NOW", now)
    # From elsewhere, and by the name of the verdict.
    (judged / "below").mkdir()
    for path in ("../.gatepost", "../.gatepost/verdict.json"):
        assert "outcomes\n" in gatepost("verify", path, cwd=judged / "below").stdout


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda v: v.update(decision="warn"), "decision"),
        (lambda v: v.update(decision="block", exit_code=1), "decision"),
        (lambda v: v.update(exit_code=1), "exit code"),
        (lambda v: v["counts"].update({"pass": 9}), "counts"),
        (lambda v: v["counts"].update(excluded=9), "counts"),
        (lambda v: v["counts"].update(fail=1), "counts"),
        (lambda v: v["results"].pop(), "decision"),
        (lambda v: v["results"][0].update(outcome="fail"), "decision"),
        (lambda v: v["results"][0].update(outcome="skip"), "counts"),
        (lambda v: v["results"][0].update(enforcement="info"), "decision"),
        (lambda v: v["results"][0].update(severity="low"), "rules"),
        (lambda v: v["results"][0].update(rule="docs/other"), "rules"),
        (lambda v: v["results"][0].update(rule="other/owner"), "policies listed"),
        (lambda v: v["results"][0].update(fingerprint="0" * 32), "fingerprints"),
        (lambda v: v["results"][0].update(waiver="W-9"), "waivers"),
        (lambda v: v["results"][0]["margin"].update(left=99), "margins"),
        (lambda v: v["waivers"].append({"id": "W", "state": "unused", "expires": "2001-01-01"}), "waivers"),
        (lambda v: v["waivers"].append({"id": "W", "state": "used", "expires": "2100-01-01"}), "waivers"),
        (lambda v: v.update(now="soon"), "waivers"),
        (lambda v: v["subject"].update(name="other"), "subject"),
        (lambda v: v["sources"][0].update(digest="sha256:0"), "sources"),
        (lambda v: v["sources"][0].update(status="failed", error="e"), "decision"),
        (lambda v: v["evidence"].update(digest="sha256:0"), "evidence"),
        (lambda v: v["evidence"].pop("digest"), "what it names"),
        (lambda v: v["evidence"].pop("path"), "what it names"),
        (lambda v: v["policies"][0].update(digest="sha256:0"), "policies"),
        (lambda v: v["params"]["docs.least"].update(value=0), "params"),
    ],
)
def test_an_edited_verdict(
    gatepost: Run, judged: Path, change: Callable[[dict[str, Any]], object], what: str
) -> None:
    edit(judged, change)
    assert what in inconsistent(gatepost, judged)
    if what not in ("rules", "policies", "params"):  # which reports do not look at: they may have changed since
        done = gatepost("report", "--report", "junit=r.xml", "--report", "dotenv=r.env", cwd=judged)
        assert done.returncode == 2
        assert "error: the verdict is inconsistent: " in done.stderr
        assert ".gatepost/verdict.json" in done.stderr
        assert 'errors="1"' in (judged / "r.xml").read_text()
        assert "gatepost_decision=error" in (judged / "r.env").read_text()


def test_an_edit_of_everything_in_the_verdict_is_found_by_judging_again(gatepost: Run, judged: Path) -> None:
    (judged / "gatepost.yaml").write_text((judged / "gatepost.yaml").read_text() + "params: {docs.least: 9}\n")
    policy = judged / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("owner.size() >=", "owner.size() - 15 >="))
    assert gatepost("run", "-q", cwd=judged).returncode == 1

    def change(verdict: dict[str, Any]) -> None:
        verdict.update(decision="pass", exit_code=0)
        verdict["counts"].update({"pass": 1, "fail": 0})
        (result,) = verdict["results"]
        keep = ("rule", "title", "severity", "enforcement", "items")
        verdict["results"] = [{**{key: result[key] for key in keep}, "outcome": "pass"}]

    edit(judged, change)
    assert list(inconsistent(gatepost, judged)) == ["outcomes"]


def test_edited_evidence(gatepost: Run, judged: Path) -> None:
    edit(judged, lambda e: e["evidence"]["documentation"].update(owner="another"), "evidence.json")
    assert list(inconsistent(gatepost, judged)) == ["evidence"]
    written = (judged / STATE / "evidence.json").read_text()
    (judged / STATE / "evidence.json").write_text("no JSON")
    assert "is not evidence any more" in inconsistent(gatepost, judged)["evidence"]
    (judged / STATE / "evidence.json").write_text(written)
    for command in (["report"], ["explain", "docs/owner"], ["run", "-q", "--baseline", "kept/evidence.json"]):
        folder = "kept" if command[0] == "run" else STATE
        if command[0] == "run":
            shutil.copytree(judged / STATE, judged / folder)
        done = gatepost(*command, cwd=judged)
        assert done.returncode == 2
        assert f"evidence: {folder}/evidence.json changed: its digest is sha256:" in done.stderr, command
        if command[0] == "explain":
            assert done.stdout == ""


def test_a_base_verdict_that_was_edited(gatepost: Run, judged: Path) -> None:
    shutil.copy(judged / STATE / "verdict.json", judged / "base.json")
    assert gatepost("run", "-q", "--new-only", "base.json", cwd=judged).returncode == 0
    base = json.loads((judged / "base.json").read_text())
    (judged / "base.json").write_text(json.dumps({**base, "exit_code": 1}))
    done = gatepost("run", "-q", "--new-only", "base.json", cwd=judged)
    assert (done.returncode, "the verdict is inconsistent: exit code" in done.stderr) == (2, True)
    (judged / "base.json").write_text(json.dumps({**base, "exit_code": True}))
    done = gatepost("run", "-q", "--new-only", "base.json", cwd=judged)
    assert (done.returncode, "the verdict is damaged: /exit_code is `true`" in done.stderr) == (2, True)


def test_what_changed_for_a_good_reason(gatepost: Run, judged: Path) -> None:
    # An older verdict that was kept: the evidence is that of a later run, which has its own verdict beside it.
    shutil.copy(judged / STATE / "verdict.json", judged / "kept.json")
    (judged / "MODEL_CARD.md").write_text((judged / "MODEL_CARD.md").read_text().replace("someone@", "another@"))
    assert gatepost("run", "-q", cwd=judged).returncode == 0
    done = gatepost("verify", "kept.json", cwd=judged)
    assert (done.returncode, "that of another verdict" in " ".join(done.stdout.split())) == (0, True)
    assert gatepost("report", "kept.json", "-q", cwd=judged).returncode == 0
    # An author who edits a policy explains by what it is now; `verify` tells that it is another.
    policy = judged / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("default: 1", "default: 2"))
    done = gatepost("explain", "docs/owner", cwd=judged)
    assert done.returncode == 0
    assert done.stderr.startswith("note: policies changed since the verdict")
    assert list(inconsistent(gatepost, judged)) == ["policies"]
    assert gatepost("report", "-q", cwd=judged).returncode == 0


def test_a_waiver_file(gatepost: Run, judged: Path) -> None:
    (judged / "w.yaml").write_text(WAIVERS)
    with (judged / "gatepost.yaml").open("a") as config:
        config.write("waivers: w.yaml\n")
    policy = judged / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("owner.size() >=", "owner.size() - 100 >="))
    assert gatepost("run", "-q", cwd=judged).returncode == 0
    verdict = json.loads((judged / STATE / "verdict.json").read_text())
    assert verdict["waivers"][0]["ticket"] == "R-1"
    assert verdict["waivers_file"]["path"] == "w.yaml"
    assert inconsistent(gatepost, judged) == {}
    (judged / "w.yaml").write_text(WAIVERS.replace("R-1", "R-2"))
    assert list(inconsistent(gatepost, judged)) == ["waiver file"]
    edit(judged, lambda v: v["waivers"][0].update(state="unused"))
    assert list(inconsistent(gatepost, judged)) == ["waivers", "waiver file"]


def test_what_is_absent_is_not_checked_and_nothing_is_no_pass(gatepost: Run, judged: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    shutil.copy(judged / STATE / "verdict.json", away)
    done = gatepost("verify", ".", cwd=away)
    assert (done.returncode, done.stdout.count("not checked   ")) == (0, 10)
    empty = gatepost("verify", "nothing", cwd=away)
    assert (empty.returncode, empty.stdout) == (2, "")
    error = json.loads((OLD / "problems.json").read_text())
    (away / "verdict.json").write_text(json.dumps(error))
    done = gatepost("verify", ".", cwd=away)
    assert done.returncode == 2
    assert "nothing was judged, so there is nothing to verify" in done.stderr


@pytest.mark.parametrize("name", ["verdict.json", "new-only.json"])
def test_files_of_0_1_are_read(gatepost: Run, tmp_path: Path, name: str) -> None:
    state = tmp_path / STATE
    shutil.copytree(OLD, state)
    path = f".gatepost/{name}"
    verified = gatepost("verify", path, "--policies", "profile/baseline", cwd=tmp_path)
    assert "inconsistent  " not in verified.stdout.replace("inconsistent  policies", "")
    shown = gatepost("report", path, "--report", "html=x.html", cwd=tmp_path)
    assert shown.returncode == json.loads((state / name).read_text())["exit_code"], shown.stderr
    assert "Evidence" in (tmp_path / "x.html").read_text()
    again = gatepost(
        "judge", ".gatepost/evidence.json", "--policies", "profile/baseline", "--new-only", path, "-q", cwd=tmp_path
    )
    assert again.returncode in (0, 1), again.stderr
    explained = gatepost("explain", "fairness/impact-ratio", "--policies", "profile/baseline", cwd=tmp_path)
    assert explained.returncode == 0, explained.stderr
