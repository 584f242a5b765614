"""A model card in Hugging Face's format: fills ``documentation``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gatepost.collect.digests import file_digest
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.located import Facts, section_schema, typed_facts
from gatepost.collect.model_card.headings import FIELDS, Headings
from gatepost.collect.sources.file import existing_file
from gatepost.evidence.pointers import pointer as json_pointer
from gatepost.located_yaml import Document, Node, parse, read_text
from gatepost.placeholders import quoted
from gatepost.problems import GatepostError, Place, Problem
from gatepost.typed import Schema

if TYPE_CHECKING:
    from gatepost.collect.model_card.page import Heading, Section

name = "model_card"
version = "2"
sections: tuple[str, ...] = ("documentation",)
extra = "model-card"
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Reads a Markdown file with YAML front matter, in the model-card format of Hugging Face.",
    "examples": [{"path": "MODEL_CARD.md"}],
    "properties": {
        "path": {
            "type": "string",
            "default": "MODEL_CARD.md",
            "minLength": 1,
            "description": "The model card, relative to gatepost.yaml.",
        },
        "headings": {
            "type": "object",
            "description": "Further headings by the documentation field that the text below them fills, such as "
            "`{intended_use: [Verwendungszweck]}`. A field: owner, contact, intended_use, limitations or "
            "business_context.",
            "properties": {
                field: {"type": "array", "items": {"type": "string", "minLength": 1, "x-text": "word"}}
                for field in FIELDS
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}

# The front-matter keys of Hugging Face's hub that are no parameters of huggingface_hub's ModelCardData.
_HUB_KEYS = frozenset(
    "model-index inference widget co2_eq_emissions thumbnail new_version base_model_relation gated arxiv doi "
    "extra_gated_prompt extra_gated_fields extra_gated_heading extra_gated_button_content "
    "extra_gated_description quantized_by library_version".split()
)
# A longer card would take seconds to parse.
_MOST_LINES = 10_000
_SHOWN = 3


def describe(options: Mapping[str, Any]) -> str:
    """Name the file."""
    return str(options.get("path", "MODEL_CARD.md"))


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digest of the file.

    Raises:
        CollectorError: there is no such file.
    """
    path = existing_file(options.get("path", "MODEL_CARD.md"), context)
    return Fingerprint({"file": file_digest(path)})


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Fill ``documentation`` from the front matter, and from headings what the front matter lacks.

    Front-matter keys that are names of documentation fields fill them. A value that is empty or a placeholder
    (``TODO``, ``[More Information Needed]``) is absent; the notes say which text that is. ``/documentation`` is
    located at the last line of the front matter, where a missing field would go.

    Raises:
        CollectorError: no such file, nothing in it that is a model card, no huggingface_hub.
        GatepostError: YAML errors, unknown or misspelt keys, wrong types, too many lines; with their places.
    """
    path = existing_file(options.get("path", "MODEL_CARD.md"), context)
    shown = context.shown(path)
    content = read_text(path, shown)
    card = _split(content, shown)
    schema = section_schema("documentation")
    facts = _front_matter(card, schema) if card.front else Facts({}, {})
    data: dict[str, Any] = dict(facts.data or {})
    locations = {"/documentation": card.place, **facts.locations}
    noted: set[str] = set()
    notes = [*facts.notes, *_unused_keys(card, schema)]
    for found in _sections(card, _body(card, content, shown), Headings(options.get("headings", {})), shown):
        pointer = json_pointer(("documentation", found.field))
        if found.field not in data and found.section.text:
            data[found.field] = found.section.text
            locations[pointer] = found.place
        elif found.field not in data:
            locations.setdefault(pointer, found.place)
            if found.field not in noted:  # the headings below this one would say the same again
                notes.append(found.note)
            noted.add(found.field)
    if card.front is None and not data:
        raise CollectorError(
            f"{shown} has no front matter and no heading that fills a field",
            option=("path",),
            advice="begin the file with `---`, fields such as `owner: ...`, and `---`",
        )
    if card.front is None:
        notes.append("no front matter: read from headings only")
    return Collected(
        sections={"documentation": data} if data else {},
        locations=locations,
        uri=shown,
        digest=file_digest(path),
        notes=tuple(dict.fromkeys(notes)),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A section for a field: what it says, where its heading stands, and the note where it says nothing."""

    field: str
    section: Section
    place: Place
    note: str


def _sections(card: _Card, body: str, headings: Headings, shown: str) -> Iterator[_Found]:
    """Return each section whose heading means a field; one with two meanings twice.

    Raises:
        GatepostError: the card has too many lines.
    """
    count = _line_breaks(body)
    if count > _MOST_LINES:
        what = f"{shown} has {count} lines below its front matter; {_MOST_LINES} is the limit"
        raise GatepostError.of(what, Place(shown, card.body_line), "move tables and listings to another file")
    from gatepost.collect.model_card.page import Page

    page = Page(body)
    for number, heading in enumerate(page.headings):
        for field in headings.fields(heading.title):
            line = card.body_line + heading.line
            place = Place(shown, line, 1, line, len(page.source(heading)) + 1)
            section = page.section(number, field, headings)
            yield _Found(field, section, place, f"documentation.{field}: {_why(heading, section, card, place)}")


def _why(heading: Heading, section: Section, card: _Card, place: Place) -> str:
    """Say why a section fills nothing: which of its texts are placeholders."""
    below = f"below `{heading.title}` ({place.path}:{place.line})"
    texts = [f"{quoted(b.text)} (line {card.body_line + b.line})" for b in section.placeholders[:_SHOWN]]
    if not texts:
        return f"there is no text {below}"
    if len(texts) == 1:
        return f"the text {below} is a placeholder: {texts[0]}"
    more = len(section.placeholders) - len(texts)
    listed = ", ".join(texts) + (f" and {more} more" if more else "")
    return f"the texts {below} are placeholders: {listed}"


@dataclass(frozen=True, slots=True)
class _Card:
    """A card taken apart: its front matter (None: there is none), and the lines where things stand."""

    front: Document | None
    place: Place
    body_line: int


def _split(content: str, shown: str) -> _Card:
    """Find the front matter.

    Raises:
        GatepostError: it does not end, or is no YAML map.
    """
    try:
        from huggingface_hub.repocard import REGEX_YAML_BLOCK
    except ImportError as error:
        raise CollectorError(
            "reading a model card needs huggingface_hub", advice="pip install 'gatepost[model-card]'"
        ) from error
    found = REGEX_YAML_BLOCK.search(content)
    if found is None:
        lines = content.lstrip().splitlines()
        if lines and lines[0].rstrip() == "---":
            first = content[: len(content) - len(content.lstrip())].count("\n") + 1
            what = f"the front matter of {shown} does not end"
            place = Place(shown, first, 1, first, 4)
            raise GatepostError(Problem(what, place, "close it with a line `---`", "---"))
        return _Card(None, Place(shown, 1, 1), 1)
    opening, block = found.group(1), found.group(2)
    first = _line_breaks(opening) + 1
    closing = first + _line_breaks(block) + 1
    last = block.splitlines()[-1] if block.splitlines() else ""
    place = Place(shown, closing - 1, 1, closing - 1, len(last) + 1)
    body_line = closing + _line_breaks(found.group(4) or "")
    # Empty lines stand for what is before the block, so that the YAML knows its lines in the file.
    text = "\n" * (first - 1) + block
    if not re.sub(r"(?m)^\s*#.*$", "", block).strip():
        return _Card(Document(shown, text, Node({}, (0, 0, 0), (0, 0, 0), keys={})), place, body_line)
    document = parse(text, shown)
    if not isinstance(document.root.value, dict):
        what = "the front matter must be a map of fields"
        raise GatepostError(document.problem(what, document.place(document.root), "write `field: value`"))
    return _Card(document, place, body_line)


def _line_breaks(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def _body(card: _Card, content: str, shown: str) -> str:
    """Give the Markdown after the front matter, as huggingface_hub reads it."""
    import logging

    import yaml
    from huggingface_hub import ModelCard

    logger = logging.getLogger("huggingface_hub")
    before = logger.level
    logger.setLevel(logging.ERROR)  # it warns of a card without front matter, which is told in the notes
    try:
        return str(ModelCard(content, ignore_metadata_errors=True).text)
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise GatepostError.of(f"huggingface_hub cannot read the front matter: {error}", card.place) from error
    finally:
        logger.setLevel(before)


def _front_matter(card: _Card, schema: Schema) -> Facts:
    """Type the documentation fields of the front matter, and refuse what looks like a misspelt one."""
    document = card.front
    assert document is not None and isinstance(document.root.value, dict)
    fields = schema.schema["properties"]
    problems = []
    for key in document.root.value:
        if key not in fields and key not in _hub_keys():
            near = difflib.get_close_matches(_as_name(key), list(fields), n=1, cutoff=0.8)
            if near:
                place = document.key_place(document.root, key)
                problems.append(document.problem(f"unknown key `{key}`", place, f"did you mean `{near[0]}`?"))
    if problems:
        raise GatepostError(*problems)
    kept = {key: value for key, value in document.root.value.items() if key in fields}
    return typed_facts(document, replace(document.root, value=kept), "documentation", schema, form=True)


def _unused_keys(card: _Card, schema: Schema) -> list[str]:
    if card.front is None or not isinstance(card.front.root.value, dict):
        return []
    known = {*schema.schema["properties"], *_hub_keys()}
    unused = [key for key in card.front.root.value if key not in known]
    return [f"front-matter keys that are not used: {', '.join(unused)}"] if unused else []


def _hub_keys() -> frozenset[str]:
    """Give the keys of Hugging Face's own, which are no mistakes."""
    import inspect

    from huggingface_hub import ModelCardData

    return _HUB_KEYS | set(inspect.signature(ModelCardData.__init__).parameters)


def _as_name(text: str) -> str:
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_")
