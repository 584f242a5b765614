from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.model_card.headings import FIELDS
from gatepost.collect.sources import model_card
from gatepost.evidence.schema import bundled
from gatepost.problems import GatepostError, Place

CARD = """\
---
license: mit
tags: [tabular-classification]
owner: credit-models
contact: credit-models@example.com
intended_use: >
  Ranks applications
  for review by a person.
stakeholders:
  - {name: Applicants, role: affected}
  - name: Risk office
    role: approves
metrics_declared: {auc: 0.78}
last_reviewed: 2026-05-01
model-index:
  - name: credit
    results: []
---
# Credit model

## Limitations
Trained on 1000 applications of 1994.

### Small groups
Foreign workers are 4 %.

## Business context ##
<!-- say what decision it serves -->
Loans up to 20 000.

```
# Owner
not a heading
```
"""


def collect(folder: Path, text: str | bytes) -> Collected:
    path = folder / "MODEL_CARD.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return model_card.collect({"path": "MODEL_CARD.md"}, Context(folder, folder))


def documentation(folder: Path, text: str) -> dict[str, Any]:
    return dict(collect(folder, text).sections["documentation"])


def problem(folder: Path, text: str | bytes) -> tuple[str, Place | None, str]:
    with pytest.raises(GatepostError) as caught:
        collect(folder, text)
    (only,) = caught.value.problems
    return only.what, only.place, only.advice


def test_front_matter_and_headings_fill_documentation(tmp_path: Path) -> None:
    found = documentation(tmp_path, CARD)
    assert found == {
        "owner": "credit-models",
        "contact": "credit-models@example.com",
        "intended_use": "Ranks applications for review by a person.\n",
        "stakeholders": [{"name": "Applicants", "role": "affected"}, {"name": "Risk office", "role": "approves"}],
        "metrics_declared": {"auc": 0.78},
        "last_reviewed": "2026-05-01T00:00:00Z",
        "limitations": "Trained on 1000 applications of 1994.\n\n### Small groups\nForeign workers are 4 %.",
        "business_context": "Loans up to 20 000.\n\n```\n# Owner\nnot a heading\n```",
    }
    validator = jsonschema_rs.Draft202012Validator(bundled())
    subject = {"name": "credit"}
    evidence = {"schema": "gatepost.evidence/1", "subject": subject, "evidence": {"documentation": found}}
    assert list(validator.iter_errors(evidence)) == []


def test_each_field_has_its_line(tmp_path: Path) -> None:
    collected = collect(tmp_path, CARD)
    lines = {pointer: place.line for pointer, place in collected.locations.items()}
    assert lines == {
        "/documentation": 17,
        "/documentation/owner": 4,
        "/documentation/contact": 5,
        "/documentation/intended_use": 6,
        "/documentation/stakeholders": 9,
        "/documentation/stakeholders/0": 10,
        "/documentation/stakeholders/0/name": 10,
        "/documentation/stakeholders/0/role": 10,
        "/documentation/stakeholders/1": 11,
        "/documentation/stakeholders/1/name": 11,
        "/documentation/stakeholders/1/role": 12,
        "/documentation/metrics_declared": 13,
        "/documentation/metrics_declared/auc": 13,
        "/documentation/last_reviewed": 14,
        "/documentation/limitations": 21,
        "/documentation/business_context": 27,
    }
    assert collected.locations["/documentation/owner"] == Place("MODEL_CARD.md", 4, 1, 4, 21)
    assert collected.locations["/documentation/stakeholders/0/role"] == Place("MODEL_CARD.md", 10, 24, 10, 38)
    assert collected.uri == "MODEL_CARD.md"


def test_paths_are_from_the_repository(tmp_path: Path) -> None:
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml" / "card.md").write_text("---\nowner: a\n---\n")
    collected = model_card.collect({"path": "card.md"}, Context(tmp_path / "ml", tmp_path))
    assert collected.locations["/documentation/owner"].path == "ml/card.md"


def test_the_front_matter_wins_over_a_heading(tmp_path: Path) -> None:
    collected = collect(tmp_path, "---\nlimitations: from above\n---\n# Limitations\nfrom below\n")
    assert collected.sections["documentation"] == {"limitations": "from above"}
    assert collected.locations["/documentation/limitations"].line == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_blank_lines_and_a_byte_order_mark(tmp_path: Path, ending: str) -> None:
    text = "\n\n---\nowner: a\n\n---\n\nLimitations\n===========\nnone known\n".replace("\n", ending)
    collected = collect(tmp_path, b"\xef\xbb\xbf" + text.encode())
    lines = {pointer: place.line for pointer, place in collected.locations.items()}
    assert lines == {"/documentation": 5, "/documentation/owner": 4, "/documentation/limitations": 8}
    assert collected.sections["documentation"] == {"owner": "a", "limitations": "none known"}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("# Intended use", "intended_use"),
        ("###### INTENDED USES", "intended_use"),
        ("## 2.1 Intended use", "intended_use"),
        ("## Uses", "intended_use"),
        ("## Bias, Risks, and Limitations", "limitations"),
        ("## Business context", "business_context"),
        ("## Model Card Contact", "contact"),
        ("## **Owner**", "owner"),
        ("## 🎯 Intended use [optional]", "intended_use"),
        ("## Limitations / biases", "limitations"),
        ("## Known limitations and recommendations", "limitations"),
    ],
)
def test_headings(tmp_path: Path, heading: str, field: str) -> None:
    assert documentation(tmp_path, f"---\nlicense: mit\n---\n{heading}\nWords.\n") == {field: "Words."}


@pytest.mark.parametrize("heading", ["## Intended uses & limitations", "## Intended use and limitations"])
def test_a_heading_with_two_meanings_fills_two_fields(tmp_path: Path, heading: str) -> None:
    text = f"---\nlicense: mit\n---\n{heading}\nSpam filter.\n\n- **Out-of-scope uses**: legal mail\n- Limitations: French\n"
    assert documentation(tmp_path, text) == {
        "intended_use": "Spam filter.",
        "limitations": "Spam filter.\n\n- **Out-of-scope uses**: legal mail\n- Limitations: French",
    }


def test_headings_of_the_team_are_mapped_in_the_options(tmp_path: Path) -> None:
    text = "# Verwendungszweck\nKreditprüfung.\n# Grenzen des Modells\nNur Deutschland.\n# Limitations\nmore\n"
    (tmp_path / "card.md").write_text(text)
    own = {"intended_use": ["Verwendungszweck"], "limitations": ["GRENZEN  des Modells"]}
    collected = model_card.collect({"path": "card.md", "headings": own}, Context(tmp_path, tmp_path))
    assert collected.sections["documentation"] == {
        "intended_use": "Kreditprüfung.",
        "limitations": "Nur Deutschland.",
    }


def test_the_fields_of_headings_are_the_texts_of_the_schema() -> None:
    fields = bundled()["$defs"]["documentation"]["properties"]
    assert set(FIELDS) == {n for n, f in fields.items() if f.get("type") == "string" and "format" not in f}


def test_headings_that_are_no_fields(tmp_path: Path) -> None:
    text = (
        "---\nowner: a\n---\n# Out-of-scope use\nx\n# Stakeholders\nx\n# Last reviewed\nx\n<!--\n# Contact\nx\n-->\n"
    )
    assert documentation(tmp_path, text) == {"owner": "a"}


@pytest.mark.parametrize(
    ("value", "note"),
    [
        ("", " has no value"),
        ("~", " has no value"),
        ('""', " has no value"),
        ('"\u00a0"', ": the text at MODEL_CARD.md:3 is blank: it has no visible text"),
        ('"&nbsp;"', ": the text at MODEL_CARD.md:3 is blank: it has no visible text"),
        ("TODO", ": the text at MODEL_CARD.md:3 is a placeholder: `TODO`"),
        ("ＴＯＤＯ", ": the text at MODEL_CARD.md:3 is a placeholder: `ＴＯＤＯ`"),
        (
            '"[More Information Needed]"',
            ": the text at MODEL_CARD.md:3 is a placeholder: `[More Information Needed]`",
        ),
        ("'{{ x }}'", ": the text at MODEL_CARD.md:3 is a placeholder: `{{ x }}`"),
    ],
)
def test_an_empty_value_or_a_placeholder_is_absent_with_a_note(tmp_path: Path, value: str, note: str) -> None:
    collected = collect(tmp_path, f"---\nowner: a\nlimitations: {value}\n---\n")
    assert collected.sections["documentation"] == {"owner": "a"}
    assert collected.notes == (f"documentation.limitations{note}",)
    assert collected.locations["/documentation/limitations"].line == 3


@pytest.mark.parametrize("value", ["Not to be done alone", "Todo-list ranking only", "none known", "N/A for tenants"])
def test_what_reads_like_a_placeholder_but_is_none(tmp_path: Path, value: str) -> None:
    assert documentation(tmp_path, f"---\nlimitations: {value}\n---\n") == {"limitations": value}


def test_placeholders_within_lists(tmp_path: Path) -> None:
    text = "---\nstakeholders:\n  - {name: TODO, role: TODO}\n  - {name: Ada, role: }\nfeatures: []\n---\n"
    collected = collect(tmp_path, text)
    assert collected.sections["documentation"] == {"stakeholders": [{"name": "Ada"}]}
    assert collected.locations["/documentation/stakeholders/0/name"].line == 4
    assert "documentation.features has no value" in collected.notes


def test_a_heading_without_text_is_absent_and_located(tmp_path: Path) -> None:
    text = "---\nowner: a\n---\n# Uses\n<!-- how -->\n\n## Direct Use\n[More Information Needed]\n"
    collected = collect(tmp_path, text)
    assert collected.sections["documentation"] == {"owner": "a"}
    assert collected.locations["/documentation/intended_use"].line == 4
    assert collected.notes == (
        "documentation.intended_use: the text below `Uses` (MODEL_CARD.md:4) is a placeholder: "
        "`[More Information Needed]` (line 8)",
    )


def test_a_card_that_fills_nothing_still_says_where_fields_would_go(tmp_path: Path) -> None:
    collected = collect(tmp_path, "---\nlicense: mit\n---\nWords.\n")
    assert collected.sections == {}
    assert collected.locations == {"/documentation": Place("MODEL_CARD.md", 2, 1, 2, 13)}


def test_an_empty_front_matter(tmp_path: Path) -> None:
    collected = collect(tmp_path, "---\n# nothing yet\n---\n# Limitations\nsome\n")
    assert collected.sections["documentation"] == {"limitations": "some"}
    assert collected.locations["/documentation"].line == 2


def test_no_front_matter(tmp_path: Path) -> None:
    collected = collect(tmp_path, "# Model\n\n## Limitations\nsome\n")
    assert collected.sections["documentation"] == {"limitations": "some"}
    assert collected.locations["/documentation"].line == 1
    assert "no front matter: read from headings only" in collected.notes
    with pytest.raises(CollectorError, match="no front matter and no heading"):
        collect(tmp_path, "Just words.\n")


def test_a_front_matter_that_does_not_end(tmp_path: Path) -> None:
    what, place, advice = problem(tmp_path, "\n---\nowner: a\n# Limitations\n")
    assert "does not end" in what
    assert place == Place("MODEL_CARD.md", 2, 1, 2, 4)
    assert "---" in advice


@pytest.mark.parametrize(
    ("key", "meant"), [("limitatoins", "limitations"), ("intended-use", "intended_use"), ("Owner", "owner")]
)
def test_a_misspelt_field_is_an_error(tmp_path: Path, key: str, meant: str) -> None:
    what, place, advice = problem(tmp_path, f"---\nlicense: mit\n{key}: some\n---\n")
    assert what == f"unknown key `{key}`"
    assert place == Place("MODEL_CARD.md", 3, 1, 3, len(key) + 1)
    assert advice == f"did you mean `{meant}`?"


def test_keys_of_hugging_face_are_no_mistakes_and_others_are_noted(tmp_path: Path) -> None:
    text = "---\nowner: a\ndatasets: [x]\nmetrics: [auc]\nlibrary_name: sklearn\nwidget: []\ncost_centre: 7\n---\n"
    collected = collect(tmp_path, text)
    assert collected.sections["documentation"] == {"owner": "a"}
    assert collected.notes == ("front-matter keys that are not used: cost_centre",)


def test_values_are_typed_by_the_schema(tmp_path: Path) -> None:
    found = documentation(tmp_path, "---\nowner: 0012\ncontact: no\nmetrics_declared: {auc: 1}\n---\n")
    assert found == {"owner": "0012", "contact": "no", "metrics_declared": {"auc": 1}}
    what, place, _ = problem(tmp_path, "---\nmetrics_declared: {auc: high}\n---\n")
    assert "must be a number" in what
    assert place == Place("MODEL_CARD.md", 2, 25, 2, 29)


def test_an_unknown_field_of_a_stakeholder(tmp_path: Path) -> None:
    what, place, advice = problem(tmp_path, "---\nstakeholders:\n  - {name: Ada, rloe: x}\n---\n")
    assert (what, advice) == ("unknown key `rloe`", "did you mean `role`?")
    assert place is not None and (place.line, place.column) == (3, 17)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-05-01", "2026-05-01T00:00:00Z"),
        ("2026-05-01 10:00", "2026-05-01T10:00:00Z"),
        ("2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00Z"),
    ],
)
def test_dates(tmp_path: Path, written: str, kept: str) -> None:
    assert documentation(tmp_path, f"---\nlast_reviewed: {written}\n---\n") == {"last_reviewed": kept}


@pytest.mark.parametrize("written", ["2026-13-45", "last week", "01.05.2026"])
def test_what_is_no_date(tmp_path: Path, written: str) -> None:
    what, place, advice = problem(tmp_path, f"---\nlast_reviewed: {written}\n---\n")
    assert written in what and "2026-05-01" in advice
    assert place == Place("MODEL_CARD.md", 2, 16, 2, 16 + len(written))


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("---\nowner: a\ncontact: [b\n---\n", "YAML syntax", 4),
        ("---\nowner: a\nowner: b\n---\n", "twice", 3),
        ("---\n- owner\n---\n", "must be a map", 2),
        ("---\nowner: a\n1: b\n---\n", "huggingface_hub cannot read", 3),
        (b"---\nowner: \xff\n---\n", "not UTF-8", 2),
    ],
)
def test_front_matter_that_cannot_be_read(tmp_path: Path, text: str | bytes, says: str, line: int) -> None:
    what, place, _ = problem(tmp_path, text)
    assert says in what
    assert place is not None and place.path == "MODEL_CARD.md" and place.line == line


def test_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "MODEL_CARD.md").write_text(CARD)
    with pytest.raises(CollectorError, match=r"no such file: MODELCARD\.md") as caught:
        model_card.collect({"path": "MODELCARD.md"}, Context(tmp_path, tmp_path))
    assert caught.value.option == ("path",)
    assert caught.value.advice == "did you mean `MODEL_CARD.md`?"
    with pytest.raises(CollectorError, match="outside the repository"):
        model_card.collect({"path": "../x.md"}, Context(tmp_path, tmp_path))


def test_without_huggingface_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "huggingface_hub"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(CollectorError) as caught:
        collect(tmp_path, CARD)
    assert caught.value.advice == "pip install 'gatepost[model-card]'"


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    context = Context(tmp_path, tmp_path)
    collect(tmp_path, CARD)
    before = model_card.fingerprint({"path": "MODEL_CARD.md"}, context)
    (tmp_path / "MODEL_CARD.md").touch()
    assert model_card.fingerprint({"path": "MODEL_CARD.md"}, context) == before
    (tmp_path / "MODEL_CARD.md").write_text(CARD + "\n")
    assert model_card.fingerprint({"path": "MODEL_CARD.md"}, context) != before


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[More Information Needed]",
        "More information needed",
        "<!-- Describe the limitations. -->",
        "<!--> Describe the limitations. <!-->",
        "- **Technical limitations**:\n- **Operational risks**:",
        "- [ ] describe the limitations",
        "| Limitation | Impact |\n|---|---|\n|  |  |",
        "| Known limitations | |\n|---|---|\n| Failure modes | TBD |",
        "![plot](plot.png)",
        "[![badge](badge.svg)](https://example.com)",
        "```\nmodel.predict(x)\n```",
        "    model.predict(x)",
        "---",
        "[link]: https://example.com",
        "### Small groups\n\n### Old data",
        "**Known limitations**",
        "The following limitations are known:",
        "<details><summary>Click to expand</summary>\n\n</details>",
        "> Coming soon",
        "1. To be completed by Ann",
        "## Strengths\nFast.",
        "- Intended use: ranks loans",
        "**Intended uses**\n\nRanks loans.\n\n- and leases",
    ],
)
def test_what_is_no_limitation(tmp_path: Path, body: str) -> None:
    collected = collect(tmp_path, f"---\nowner: a\n---\n# Limitations\n\n{body}\n\n# Training\nwords\n")
    assert "limitations" not in collected.sections["documentation"]
    assert any(note.startswith("documentation.limitations: ") for note in collected.notes)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("Fails at night.\n\n[More Information Needed]", "Fails at night."),
        ("<!-- hint -->\nFails <!-- at --> night.", "Fails  night."),
        ("The following limitations are known:\n\n- night\n- TBD", "The following limitations are known:\n\n- night"),
        ("- [x] tested at night", "- [x] tested at night"),
        (
            "| Case | Effect |\n|---|---|\n| Night | fails |\n| Fog | TBD |",
            "| Case | Effect |\n|---|---|\n| Night | fails |",
        ),
        ("### Data\nOld.\n\n### More\nN/A", "### Data\nOld."),
        ("<p>Fails at <b>night</b>.</p>", "<p>Fails at <b>night</b>.</p>"),
        ("**Fails at night.**", "**Fails at night.**"),
        ("[Report](https://example.com/report.pdf)", "[Report](https://example.com/report.pdf)"),
        ("> Fails at night.", "> Fails at night."),
        ("### Out-of-scope use\nMedicine.", "### Out-of-scope use\nMedicine."),
    ],
)
def test_what_is_kept_of_a_section(tmp_path: Path, body: str, kept: str) -> None:
    assert documentation(tmp_path, f"---\nlicense: mit\n---\n# Limitations\n\n{body}\n") == {"limitations": kept}


@pytest.mark.parametrize(
    "body",
    [
        "### Out-of-Scope Use\nMedicine.",
        "### Misuse and malicious use\nSpying.",
        "### Limitations\nFails at night.",
        "- **Out-of-scope or prohibited uses**: medicine",
        "The model must not be used for:\n\n- medicine\n- law",
        "**Out of scope**\n\nMedicine.\n\n- law",
        "| Use | |\n|---|---|\n| Out-of-scope | medicine |",
    ],
)
def test_what_the_model_is_not_for_is_no_intended_use(tmp_path: Path, body: str) -> None:
    collected = collect(tmp_path, f"---\nowner: a\n---\n# Intended use\n\n{body}\n")
    assert "intended_use" not in collected.sections["documentation"]
    collected = collect(tmp_path, f"---\nowner: a\n---\n# Intended use\nRanks loans.\n\n{body}\n")
    assert collected.sections["documentation"]["intended_use"] == "Ranks loans."


def test_a_lead_in_ends_with_what_it_introduces(tmp_path: Path) -> None:
    text = "---\nowner: a\n---\n# Intended use\nIt must not be used for:\n\n- medicine\n\nIt ranks loans.\n"
    assert documentation(tmp_path, text)["intended_use"] == "It ranks loans."


def test_the_templates_of_libraries_say_nothing(tmp_path: Path) -> None:
    from huggingface_hub import ModelCard, ModelCardData
    from sklearn.linear_model import LogisticRegression
    from skops.card import Card

    card = ModelCard.from_template(ModelCardData(license="mit"), model_id="x")
    assert collect(tmp_path, str(card)).sections == {}
    assert (
        collect(
            tmp_path, "---\nlicense: mit\n---\n" + Card(LogisticRegression(), model_diagram=False).render()
        ).sections
        == {}
    )


def test_a_note_lists_the_first_placeholders(tmp_path: Path) -> None:
    (note,) = collect(tmp_path, "---\nowner: a\n---\n# Limitations\n- TBD\n- N/A\n- TODO\n- none\n- '-'\n").notes
    assert note == (
        "documentation.limitations: the texts below `Limitations` (MODEL_CARD.md:4) are placeholders: "
        "`TBD` (line 5), `N/A` (line 6), `TODO` (line 7) and 2 more"
    )


@pytest.mark.parametrize("part", ["{{", "[", "*a _b ", "> ", "![", "<!--", "<", "`", "&nbsp;", "\\", "[a](", "- "])
def test_long_lines_take_linear_time(tmp_path: Path, part: str) -> None:
    # Where a pattern goes back and forth, this takes hours.
    collect(tmp_path, "---\nowner: a\n---\n# Limitations\n" + part * 40_000 + "\n")


def test_a_card_of_too_many_lines_is_refused(tmp_path: Path) -> None:
    what, place, advice = problem(tmp_path, "---\nowner: a\n---\n" + "- a\n" * 10_001)
    assert what == "MODEL_CARD.md has 10001 lines below its front matter; 10000 is the limit"
    assert place == Place("MODEL_CARD.md", 4)
    assert "another file" in advice
