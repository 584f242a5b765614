"""The SARIF report, whole, for some verdicts, and what code scanning asks of every one."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from gatepost.__about__ import __version__
from gatepost.problems import Place
from gatepost.report import sarif
from gatepost.report.interface import Style
from gatepost.verdict import Result, Step, Verdict

SHOWN = {
    "pass": r"""
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "gatepost",
          "informationUri": "pkg:pypi/gatepost",
          "version": "VERSION",
          "rules": []
        }
      },
      "automationDetails": {
        "id": "gatepost/credit-risk/"
      },
      "invocations": [
        {
          "executionSuccessful": true,
          "exitCode": 0
        }
      ],
      "columnKind": "unicodeCodePoints",
      "results": []
    }
  ]
}
""",
    "block": r"""
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "gatepost",
          "informationUri": "pkg:pypi/gatepost",
          "version": "VERSION",
          "rules": [
            {
              "id": "fairness/impact-ratio",
              "name": "FairnessImpactRatio",
              "shortDescription": {
                "text": "Every group is selected at 80 % or more of the rate of the most selected group."
              },
              "fullDescription": {
                "text": "Every group is selected at 80 % or more of the rate of the most selected group."
              },
              "help": {
                "text": "Every group is selected at 80 % or more of the rate of the most selected group.\n\nSupports eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11.",
                "markdown": "Every group is selected at 80 % or more of the rate of the most selected group.\n\nSupports eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11."
              },
              "defaultConfiguration": {
                "level": "error"
              },
              "properties": {
                "tags": [
                  "fairness",
                  "eu-ai-act/10.2.f",
                  "nist-ai-rmf/measure-2.11"
                ],
                "problem.severity": "error",
                "precision": "very-high"
              }
            },
            {
              "id": "documentation/limitations",
              "name": "DocumentationLimitations",
              "shortDescription": {
                "text": "The limitations are written down."
              },
              "fullDescription": {
                "text": "The limitations are written down."
              },
              "help": {
                "text": "The limitations are written down.",
                "markdown": "The limitations are written down."
              },
              "defaultConfiguration": {
                "level": "error"
              },
              "properties": {
                "tags": [
                  "documentation"
                ],
                "problem.severity": "error",
                "precision": "very-high"
              }
            },
            {
              "id": "robustness/evasion",
              "name": "RobustnessEvasion",
              "shortDescription": {
                "text": "The model keeps its accuracy under attack."
              },
              "fullDescription": {
                "text": "The model keeps its accuracy under attack."
              },
              "help": {
                "text": "The model keeps its accuracy under attack.",
                "markdown": "The model keeps its accuracy under attack."
              },
              "defaultConfiguration": {
                "level": "warning"
              },
              "properties": {
                "tags": [
                  "robustness"
                ],
                "problem.severity": "warning",
                "precision": "very-high"
              }
            }
          ]
        }
      },
      "automationDetails": {
        "id": "gatepost/credit-risk/"
      },
      "invocations": [
        {
          "executionSuccessful": true,
          "exitCode": 1
        }
      ],
      "columnKind": "unicodeCodePoints",
      "results": [
        {
          "ruleId": "fairness/impact-ratio",
          "ruleIndex": 0,
          "level": "error",
          "message": {
            "text": "Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.\nItem: age_group=under_25.\ng.impact_ratio.value >= params.min_impact_ratio is false (short by 0.0898).\ng.impact_ratio.value is 0.7102.\nparams.min_impact_ratio is 0.8.\nFix: Look at the rejections of this group; see docs for remedies, or ask for a waiver.\nSupports eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11."
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "MODEL_CARD.md"
                },
                "region": {
                  "startLine": 14,
                  "startColumn": 3,
                  "endLine": 14,
                  "endColumn": 9
                }
              }
            }
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "f1"
          }
        },
        {
          "ruleId": "documentation/limitations",
          "ruleIndex": 1,
          "level": "error",
          "message": {
            "text": "Missing: evidence.documentation.limitations is not there.\nFix: Add `limitations:` to MODEL_CARD.md, after line 6."
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "MODEL_CARD.md"
                },
                "region": {
                  "startLine": 6,
                  "startColumn": 1,
                  "endLine": 6,
                  "endColumn": 2
                }
              }
            }
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "f2"
          }
        },
        {
          "ruleId": "robustness/evasion",
          "ruleIndex": 2,
          "level": "warning",
          "message": {
            "text": "Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.\nItem: hopskipjump, l2 <= 0.5."
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "docs/%C3%A9vasion%20notes.yaml"
                },
                "region": {
                  "startLine": 22,
                  "startColumn": 5,
                  "endLine": 22,
                  "endColumn": 6
                }
              }
            }
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "f3"
          }
        }
      ]
    }
  ]
}
""",
    "failed source": r"""
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "gatepost",
          "informationUri": "pkg:pypi/gatepost",
          "version": "VERSION",
          "rules": [
            {
              "id": "gatepost/gate",
              "name": "GatepostGate",
              "shortDescription": {
                "text": "The gate can do its job."
              },
              "fullDescription": {
                "text": "The gate can do its job."
              },
              "help": {
                "text": "The gate can do its job.",
                "markdown": "The gate can do its job."
              },
              "defaultConfiguration": {
                "level": "error"
              },
              "properties": {
                "tags": [
                  "gatepost"
                ],
                "problem.severity": "error",
                "precision": "very-high"
              }
            }
          ]
        }
      },
      "automationDetails": {
        "id": "gatepost/credit-risk/"
      },
      "invocations": [
        {
          "executionSuccessful": false,
          "exitCode": 2,
          "toolExecutionNotifications": [
            {
              "level": "error",
              "message": {
                "text": "The collector robustness (evasion) failed: the model took over 2 GiB."
              }
            },
            {
              "level": "note",
              "message": {
                "text": "The collector drift failed: no reference data."
              }
            }
          ]
        }
      ],
      "columnKind": "unicodeCodePoints",
      "results": [
        {
          "ruleId": "gatepost/gate",
          "ruleIndex": 0,
          "level": "error",
          "message": {
            "text": "The collector robustness (evasion) failed: the model took over 2 GiB."
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "g.yaml"
                },
                "region": {
                  "startLine": 22,
                  "startColumn": 5,
                  "endLine": 22,
                  "endColumn": 6
                }
              }
            }
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "5b2f39e9a9e4bc74bdb693582e500c0f"
          }
        }
      ]
    }
  ]
}
""",
    "evil": r"""
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "gatepost",
          "informationUri": "pkg:pypi/gatepost",
          "version": "VERSION",
          "rules": [
            {
              "id": "fairness/impact-ratio",
              "name": "FairnessImpactRatio",
              "shortDescription": {
                "text": "<b>x</b> ]]> a|b [c](http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'."
              },
              "fullDescription": {
                "text": "<b>x</b> ]]> a|b [c](http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'."
              },
              "help": {
                "text": "<b>x</b> ]]> a|b [c](http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'.\n\nSupports <b>x</b> ]]> a|b [c](http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'.",
                "markdown": "\\<b\\>x\\</b\\> \\]\\]\\> a\\|b \\[c\\](http://d) \\\\x1b\\[31mred\\\\x1b\\[0m \\\\x00\\\\x9b \\\\u202eend next & \"q\" 'r'.\n\nSupports \\<b\\>x\\</b\\> \\]\\]\\> a\\|b \\[c\\](http://d) \\\\x1b\\[31mred\\\\x1b\\[0m \\\\x00\\\\x9b \\\\u202eend next & \"q\" 'r'."
              },
              "defaultConfiguration": {
                "level": "error"
              },
              "properties": {
                "tags": [
                  "fairness",
                  "<b>x</b> ]]> a|b [c](http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'"
                ],
                "problem.severity": "error",
                "precision": "very-high"
              }
            }
          ]
        }
      },
      "automationDetails": {
        "id": "gatepost/%3Cb%3Ex%3C%2Fb%3E%20%5D%5D%3E%20a%7Cb%20%5Bc%5D%28http%3A%2F%2Fd%29%20%5Cx1b%5B31mred%5Cx1b%5B0m%20%5Cx00%5Cx9b%20%5Cu202eend%20next%20%26%20%22q%22%20%27r%27/"
      },
      "invocations": [
        {
          "executionSuccessful": true,
          "exitCode": 1
        }
      ],
      "columnKind": "unicodeCodePoints",
      "results": [
        {
          "ruleId": "fairness/impact-ratio",
          "ruleIndex": 0,
          "level": "error",
          "message": {
            "text": "<b>x</b> ]]> a|b [c] (http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'.\nx == '<b>x</b> ]]> a|b [c] (http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'' is false (<b>x</b> ]]> a|b [c] (http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r').\nx is <b>x</b> ]]> a|b [c] (http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'.\nFix: <b>x</b> ]]> a|b [c] (http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'\nSupports <b>x</b> ]]> a|b [c] (http://d) \\x1b[31mred\\x1b[0m \\x00\\x9b \\u202eend next & \"q\" 'r'."
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "a%20b/%1B%5B2J%25%5D%5D%3E%3Ax.md"
                },
                "region": {
                  "startLine": 2,
                  "startColumn": 1,
                  "endLine": 2,
                  "endColumn": 2
                }
              }
            }
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "f1"
          }
        }
      ]
    }
  ]
}
""",
    "problems": r"""
{
  "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {
      "tool": {
        "driver": {
          "name": "gatepost",
          "informationUri": "pkg:pypi/gatepost",
          "version": "VERSION",
          "rules": [
            {
              "id": "gatepost/gate",
              "name": "GatepostGate",
              "shortDescription": {
                "text": "The gate can do its job."
              },
              "fullDescription": {
                "text": "The gate can do its job."
              },
              "help": {
                "text": "The gate can do its job.",
                "markdown": "The gate can do its job."
              },
              "defaultConfiguration": {
                "level": "error"
              },
              "properties": {
                "tags": [
                  "gatepost"
                ],
                "problem.severity": "error",
                "precision": "very-high"
              }
            }
          ]
        }
      },
      "automationDetails": {
        "id": "gatepost/gate/"
      },
      "invocations": [
        {
          "executionSuccessful": false,
          "exitCode": 2,
          "toolExecutionNotifications": [
            {
              "level": "error",
              "message": {
                "text": "unknown field `impact_ratoi` in evidence.fairness.groups[]."
              }
            },
            {
              "level": "error",
              "message": {
                "text": "there is no profile `basline` \\x1b[31m."
              }
            }
          ]
        }
      ],
      "columnKind": "unicodeCodePoints",
      "results": [
        {
          "ruleId": "gatepost/gate",
          "ruleIndex": 0,
          "level": "error",
          "message": {
            "text": "unknown field `impact_ratoi` in evidence.fairness.groups[].\ndid you mean `impact_ratio`?"
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "policies/fairness.yaml"
                },
                "region": {
                  "startLine": 17,
                  "startColumn": 16,
                  "endLine": 17,
                  "endColumn": 28
                }
              }
            }
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "35b1c176becb2900cc50c621fbcb7019"
          }
        },
        {
          "ruleId": "gatepost/gate",
          "ruleIndex": 0,
          "level": "error",
          "message": {
            "text": "there is no profile `basline` \\x1b[31m.\ndid you mean `baseline`?"
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "gatepost.yaml"
                },
                "region": {
                  "startLine": 1,
                  "startColumn": 1,
                  "endLine": 1,
                  "endColumn": 2
                }
              }
            }
          ],
          "partialFingerprints": {
            "primaryLocationLineHash": "9bc746eba7cfb7be91aeb8313c480f48"
          }
        }
      ]
    }
  ]
}
""",
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_verdict_is_written_so(name: str, verdicts: dict[str, Verdict]) -> None:
    expected = SHOWN[name].removeprefix("\n").replace("VERSION", __version__)
    assert sarif.render(verdicts[name], Style()) == expected


def run_of(verdict: Verdict) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(sarif.render(verdict, Style()))["runs"][0]
    return run


def of(*results: Result) -> Verdict:
    return Verdict("block", 1, "", subject={"name": "s"}, results=results)


def test_a_gate_that_does_not_pass_has_results(named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    run = run_of(verdict)
    levels = {result["level"] for result in run["results"]}
    assert ("error" in levels) == (verdict.decision in ("block", "error"))
    assert bool(levels) == (verdict.decision != "pass")
    assert run["invocations"][0]["executionSuccessful"] == (verdict.decision != "error")
    assert run["invocations"][0]["exitCode"] == verdict.exit_code


def test_what_code_scanning_asks_for_is_there(named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    run = run_of(verdict)
    rules = run["tool"]["driver"]["rules"]
    assert run["automationDetails"]["id"].startswith("gatepost/")
    assert run["automationDetails"]["id"].count("/") == 2
    for rule in rules:
        assert len(rule["name"]) <= 255
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        [location] = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~/-]*(%[0-9A-F]{2}[A-Za-z0-9._~/-]*)*", uri)
        region = location["physicalLocation"]["region"]
        start, end = ((region[f"{edge}Line"], region[f"{edge}Column"]) for edge in ("start", "end"))
        assert (1, 1) <= start < end
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_what_is_no_failure_is_no_result(verdicts: dict[str, Verdict]) -> None:
    run = run_of(verdicts["block"])
    active = {"fairness/impact-ratio", "documentation/limitations", "robustness/evasion"}
    assert {result["ruleId"] for result in run["results"]} == active
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == active


def test_ids_hold_no_value_version_line_or_time(verdicts: dict[str, Verdict]) -> None:
    def ids(verdict: Verdict) -> list[Any]:
        run = run_of(verdict)
        results = [(r["ruleId"], r["partialFingerprints"]) for r in run["results"]]
        return [run["automationDetails"], [rule["id"] for rule in run["tool"]["driver"]["rules"]], results]

    before = verdicts["block"]
    moved = [dataclasses.replace(r, message="now 0.5", location=Place("x.md", 99)) for r in before.results]
    subject = {"name": "credit-risk", "version": "8"}
    later = dataclasses.replace(before, now="2027-01-01T00:00:00Z", subject=subject, results=tuple(moved))
    assert ids(before) == ids(later)


@pytest.mark.parametrize(
    ("outcome", "enforcement", "level"),
    [
        ("fail", "block", "error"),
        ("missing", "block", "error"),
        ("fail", "warn", "warning"),
        ("missing", "info", "note"),
        ("error", "info", "error"),
        ("pass", "block", None),
        ("skip", "block", None),
        ("waived", "block", None),
    ],
)
def test_each_outcome_has_its_level(outcome: str, enforcement: str, level: str | None) -> None:
    result = Result("p/r", "T", outcome, "high", enforcement, message="m", fingerprint="f")  # type: ignore[arg-type]
    assert [found["level"] for found in run_of(of(result))["results"]] == ([level] if level else [])


@pytest.mark.parametrize(
    ("place", "uri", "region"),
    [
        (Place("a.md"), "a.md", (1, 1, 1, 2)),
        (Place("a.md", 3), "a.md", (3, 1, 3, 2)),
        (Place("a.md", 3, 5), "a.md", (3, 5, 3, 6)),
        (Place("a.md", 3, 5, 3, 9), "a.md", (3, 5, 3, 9)),
        (Place("a.md", 3, 5, 4, 2), "a.md", (3, 5, 4, 2)),
        (Place("a.md", 3, 5, 4), "a.md", (3, 5, 4, 1)),
        (Place("a.md", 3, 5, 2, 1), "a.md", (3, 5, 3, 6)),
        (Place("./d//a b#c?.md"), "d/a%20b%23c%3F.md", (1, 1, 1, 2)),
        (Place("http:x.md"), "http%3Ax.md", (1, 1, 1, 2)),
        (Place("\udcff.md"), "%3F.md", (1, 1, 1, 2)),
        (Place("/home/me/évasion.md"), "file:///home/me/%C3%A9vasion.md", (1, 1, 1, 2)),
        (None, "gatepost.yaml", (1, 1, 1, 2)),
    ],
)
def test_a_place_becomes_a_location(place: Place | None, uri: str, region: tuple[int, ...]) -> None:
    [result] = run_of(of(Result("p/r", "T", "fail", "high", "block", location=place)))["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == uri
    assert tuple(physical["region"][key] for key in ("startLine", "startColumn", "endLine", "endColumn")) == region


def test_the_first_sentence_is_the_message_and_details_follow() -> None:
    result = Result(
        "p/r",
        "Title",
        "fail",
        "high",
        "block",
        item="sex=f",
        message="0.7 is below 0.8",
        reason="in force from 2026-01-01",
        explanation=(Step("a >= b", 0, "false", "short by 0.1"), Step("a", 0, "0.7")),
        hidden=2,
    )
    [found] = run_of(of(result))["results"]
    assert found["message"]["text"].split("\n") == [
        "0.7 is below 0.8.",
        "Item: sex=f.",
        "a >= b is false (short by 0.1).",
        "a is 0.7.",
        "in force from 2026-01-01.",
        "And 2 more of p/r, which are only counted.",
    ]


def test_a_long_title_is_shortened_where_code_scanning_limits_it_and_whole_in_the_help() -> None:
    [rule] = run_of(of(Result("p/r", "long " * 300, "fail", "high", "block")))["tool"]["driver"]["rules"]
    assert len(rule["fullDescription"]["text"]) <= 1024
    assert rule["fullDescription"]["text"].endswith("long ...")
    assert rule["help"]["text"] == "long " * 299 + "long."


def test_more_results_than_code_scanning_takes_are_cut_and_said(verdicts: dict[str, Verdict]) -> None:
    one = verdicts["block"].results[0]
    results = tuple(dataclasses.replace(one, item=str(number)) for number in range(25_010))
    (run,) = json.loads(sarif.render(dataclasses.replace(verdicts["block"], results=results), Style()))["runs"]
    assert len(run["results"]) == 25_000
    said = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert said == ["10 more findings are left out here, those that rank last; the other reports have them all."]
