"""Whether a text says something: the one place that tells documentation from the text of a template.

A text is taken apart into statements; it is a placeholder where none of them says something. What a statement of a
template looks like is told by its shape (brackets, a label without a value, a question, an instruction to the author,
nothing but the words that forms are made of) and by the phrases that people put where text is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatepost.blank import is_blank, visible

__all__ = ["COMMENT", "is_placeholder", "label_of", "quoted", "unwritten"]

COMMENT = re.compile(r"<!--(?:>|->|.*?(?:-->|\Z))", re.DOTALL)
"""An HTML comment, as browsers read it."""
# A tag or `<hint>`, but not `<https://...>` or `<ann@example.com>`.
_TAG = re.compile(r"<[^<>@]*>")
_ADDRESS = re.compile(r"<[a-zA-Z][a-zA-Z0-9+.-]*://")
_GROUP = re.compile(r"\[([^\[\]]*)\]|\{([^{}]*)\}")
_TASK = re.compile(r"\s*(?:[-*+]\s+)?\[[ _]?\]\s")
_NEW_BLOCK = re.compile(r"\s*(?:[-*+>|]|#{1,6}\s|\d{1,3}[.)]\s)")
_MARKERS = re.compile(r"^(?:[-*+>]\s+|\d{1,3}[.)]\s+)+")
_MARKUP = str.maketrans("", "", "*_`~|#>\\")
_SENTENCE = re.compile(r"(?<=[.!?;。！？])\s+")
_WORD = re.compile(r"[^\W_]+")
_LABEL = re.compile(r"([^:：]{1,60})[:：]\s+(\S.*)")
_DASHED = re.compile(r"([^:：]{1,60}?)\s[-–—]\s+(\S.*)")
_EDGES = " \t.,;:!?…-–—/+=()[]{}\"'“”‘’。、，"

# Stand for a bracketed hint, and for any other bracket. Private use: `visible` leaves none in a text.
_HINT, _OTHER = "\ue000", "\ue001"
_LONGEST = 500


def unwritten(text: str, kind: str) -> str:
    """Say what a text lacks, in words that follow the name of its field; nothing where it is all right.

    Args:
        text: the value of a field.
        kind: ``x-text`` of the field's schema. ``word``: it must not be blank. ``name`` and ``prose``: nor a
            placeholder. A name may be made of words that are only the labels of forms in prose (``owner``).
    """
    if not text:
        return "must not be empty"
    if is_blank(text):
        return "is blank: it has no visible text"
    if kind != "word" and is_placeholder(text, name=kind == "name"):
        return f"is a placeholder: {quoted(text)}"
    return ""


def quoted(text: str) -> str:
    """Return a text on one line, of at most 60 characters, in backticks."""
    shown = " ".join(text[:200].split())
    return f"`{shown if len(shown) <= 60 else shown[:57] + '...'}`"


def is_placeholder(text: str, *, name: bool = False) -> bool:
    """Tell whether a text only stands where something is to be written; a blank one does.

    Args:
        text: Markdown or plain text.
        name: it names a person, a role or a thing, and is no sentence.
    """
    text = COMMENT.sub(" ", text)
    return not any(_says_something(statement, name) for block in _blocks(text) for statement in _statements(block))


def label_of(text: str) -> str:
    """Return the label of `Label: value` or `Label:`; nothing where there is none."""
    found = _LABEL.match(text) or _LABEL.match(f"{text} .")
    return found[1].strip() if found and len(_WORD.findall(found[1])) <= 6 else ""


def _blocks(text: str) -> Iterator[str]:
    """Return the paragraphs, list items and table cells with a value; headings are none."""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if not line.strip() or _NEW_BLOCK.match(line):
            yield " ".join(lines)
            lines = []
        stripped = line.strip()
        if stripped.startswith("|"):
            cells = stripped.strip("|").split("|")
            yield from cells[1:] or cells
        elif stripped and not re.match(r"#{1,6}\s", stripped):
            lines.append(line)
    yield " ".join(lines)


def _statements(block: str) -> Iterator[str]:
    """Return the sentences of a block, hints in brackets replaced by a mark."""
    if _TASK.match(block):
        return  # an open task
    block = _TAG.sub(lambda tag: tag[0][1:-1] if _ADDRESS.match(tag[0]) else " ", block)
    block = _MARKERS.sub("", visible(block).strip()).translate(_MARKUP).strip()
    for _ in range(3):  # brackets in brackets
        block = _GROUP.sub(_mark, block)
    if _SWALLOWS.match(block.lstrip(_EDGES)):
        return
    yield from _SENTENCE.split(block)


def _mark(group: re.Match[str]) -> str:
    inside = (group[1] if group[1] is not None else group[2]).strip()
    if group[0].startswith("[") and group.string[group.end() : group.end() + 1] == "(":
        return inside  # the text of a link
    return _HINT if _HINT in inside or _HINTS.match(inside) else _OTHER


def _says_something(statement: str, name: bool) -> bool:
    words = statement.replace(_OTHER, " ").strip()
    text = words.strip(_EDGES).casefold()
    if _HINT in statement or not _WORD.search(text):
        return False
    if words.endswith((":", "：", "?", "？")):
        return False  # a label without a value, a lead-in, a question to the author
    if words.startswith("(") and words.endswith(")") and ")" not in words[1:-1]:
        return words[-2] in ".!"  # (scope; decisions aided) is a hint, (The officer decides.) is not
    labelled = _LABEL.fullmatch(words)
    if labelled and len(_WORD.findall(labelled[1])) <= 6:
        return not _PHRASE.fullmatch(labelled[1].casefold().strip(_EDGES)) and _says_something(labelled[2], name)
    dashed = _DASHED.fullmatch(words)
    if dashed and _is_form(dashed[1].casefold()):
        return _says_something(dashed[2], name)
    if len(text) <= _LONGEST and _PHRASE.fullmatch(text):
        return False
    return name or not _is_template(text)


def _is_template(text: str) -> bool:
    """Tell whether a sentence, in lower case and without punctuation at its ends, is one of a template."""
    if _is_form(text):
        return True
    return len(text) <= _LONGEST and bool(_ABOUT_THE_TEXT.match(text) or _INSTRUCTION.match(text))


def _is_form(text: str) -> bool:
    """Tell whether a text is made of nothing but the words of forms: `Primary intended uses`."""
    words = _WORD.findall(text)
    return bool(words) and _FORM.issuperset(words) and not _JOINING.issuperset(words)


_JOINING = frozenset(
    "a an the of and or for in on to by with be is are was were been being that which this these those it its as at "
    "from should must can may will would any all both etc other such well also have has had".split()
)
_FORM = _JOINING | frozenset(
    "use uses used usage user users case cases intended primary secondary main direct downstream upstream out scope "
    "misuse malicious prohibited allowed disallowed unintended unsupported foreseeable envisioned limitation "
    "limitations risks bias biases caveat caveats recommendation recommendations considerations known potential "
    "possible technical sociotechnical societal ethical operational model models card details description "
    "information needed required further more section sections summary overview aware made during development "
    "relevant factors failure modes mitigation mitigations tradeoffs trade offs contact owner author authors "
    "maintainer name email click expand optional tasks domains purpose application applications context stakeholders quick brief basic "
    "conditions assumptions constraints weaknesses issues business".split()
)
# What ends a block, whatever follows: TODO: ask Ada, lorem ipsum, e.g. credit scoring.
_SWALLOWS = re.compile(
    r"(?:TODO|FIXME|TBD)\b(?![-'’]\w)(?!\.\s)|(?:TBA|TBC|WIP|XXX)\s*(?:[:(\[–—-]|$)|(?i:(?:todo|to do|to-do)\s*[:(\[]"
    r"|lorem ipsum\b|e\.?g\.[\s,:]|i\.e\.[\s,:]|ex\.\s*:)"
)
# The first words within brackets that ask for text: [Describe ...], {POC Name}, [YYYY-MM-DD].
_HINTS = re.compile(
    r"(?i:(?:please\s+)?(?:describe|provide|list|explain|specify|insert|enter|add|fill|write|state|summari[sz]e|outline"
    r"|name|your|the name|e\.g|for example|todo|tbd|tba|fixme|more info|information needed|to be|placeholder"
    r"|yyyy|mm/|dd[./]|xx+\b|team\b|description\b|date\b|link\b|url\b|email\b|author|organi[sz]ation\b|company\b))"
)
_DONE = (
    "(?:done|defined|determined|decided|added|written|completed|filled(?: in| out)?|provided|supplied|specified"
    "|documented|described|updated|announced|confirmed|agreed|assessed|evaluated|published|discussed|clarified)"
)
_THING = (
    "(?:(?:the|this|more|further|full|detailed|additional|model|card|section|field|part|text|content|details?|info"
    "|information|documentation|description|limitations?|intended uses?|uses?|owner|contact|it|is|are|still|yet)\\s)*"
)
_SPOT = (
    "(?:text|name|description|content|limitations?|(?:intended )?uses?|details|info(?:rmation)?|owner|contact"
    "|e-?mail)"
)
# A whole sentence that stands where text is missing, in lower case.
_PHRASE = re.compile(
    "(?:"
    + "|".join(
        (
            r"none(?: yet| so far| available| provided| specified| given| at (?:this time|present)| for now)?",
            r"nothing(?: yet| here| to (?:add|report|declare))?",
            r"n[./ ]?a|n[./ ]?d|nil|null|nan|undefined|empty|blank|missing|unknown|unspecified|ditto|idem|same",
            r"(?:left )?(?:intentionally |deliberately )?(?:left )?blank",
            rf"(?:has |have |is |are |was )?not (?:yet )?(?:been )?(?:{_DONE}|applicable|available|known|tested|given"
            r"|set|relevant|disclosed)(?: yet)?",
            r"tb[dacw](?: (?:by|with|later|soon|in|until)\b.*)?|fixme|wip|x{2,}|draft|asdf|qwerty|foo(?: ?bar)?",
            r"to-?\s?do(?: (?:later|soon|next|tomorrow|this|by|before|after|ask|write|add|fill|describe|once|when"
            r"|until|with|@\w+)\b.*)?",
            rf"{_THING}(?:to be|yet to be) {_DONE}\b.*",
            rf"{_THING}(?:will|shall|must|should|needs? to|has to|have to) be {_DONE}\b.*",
            rf"{_THING}(?:coming|to come|to follow|follows|will (?:come|follow)|needed|required|missing|pending)"
            r"(?: (?:soon|shortly|later))?(?: (?:for|on|about|in)\b.*)?",
            r"(?:needs|requires|need|awaiting|waiting for)(?: (?:more|further|some))? (?:info|information|input"
            r"|content|text|documentation|a description|an owner|review)",
            r"coming soon\b.*|available soon|stay tuned|watch this space|(?:work )?in progress|under construction"
            r"|in preparation|under review|work in progress\b.*",
            r"pending(?: (?:review|approval|input|completion|update))?",
            r"(?:please )?(?:see|as|same as|refer to) (?:the )?(?:above|below|before|previous|previous section"
            r"|section (?:above|below))(?: for\b.*)?",
            r"(?:this is )?(?:just |only )?(?:an? )?(?:place ?holder|dummy text|sample text|example text)(?: text)?"
            r"(?: for\b.*)?",
            r"(?:fill|edit|change|replace|delete|update) ?(?:me|this)(?: in| out| later| text)?|fill in(?: later)?",
            rf"(?:your|my own) (?:\w+ ){{0,3}}{_SPOT}|(?:\w+ ){{0,4}}{_SPOT}(?: (?:goes|comes))? here",
            r"ask (?:me|\w+)(?: later)?|later|soon|someone|somebody|nobody|no ?one",
            # German, French, Spanish, Italian, Portuguese, Dutch, Chinese, Japanese.
            r"(?:wird |ist |sind )?noch (?:offen|zu .*|nicht .*|ausstehend|auszufüllen|ergänzt|festzulegen)"
            r"|folgt(?: noch)?|(?:wird |bitte )?(?:noch )?(?:ergänzen|ergänzt|nachgereicht|ausfüllen)"
            r"|keine(?: angaben?)?|k\.? ?a|unbekannt|zu (?:ergänzen|klären|definieren)|siehe (?:oben|unten)",
            r"à (?:compléter|définir|préciser|remplir|venir|déterminer)\b.*|non (?:renseigné|défini|applicable"
            r"|disponible)e?s?|aucune?|inconnue?|voir ci-dess(?:us|ous)",
            r"por (?:completar|definir|determinar|rellenar|preencher)\b.*|pendiente|ningun[oa]|desconocido|no aplica"
            r"|a (?:definir|preencher|completar)|nenhum[a]?|da (?:completare|definire|compilare)\b.*|nessun[oa]",
            r"nog (?:in te vullen|te bepalen)\b.*|n\.? ?v\.? ?t|geen",
            r"待补充|待定|暂无|无|待完善|未定|未記入|なし|該当なし|準備中|追記予定|작성 예정|추후 작성|없음",
        )
    )
    + ")"
)
# A sentence about the card and not about the model.
_ABOUT_THE_TEXT = re.compile(
    r"(?:in )?this (?:sub-?)?(?:section|field|paragraph|template|table) |"
    r"(?:use cases|basic information|details) (?:that were envisioned|about the model)\b|"
    r"(?:delete|remove|replace) (?:this|these|the) (?:section|text|line|instruction|comment|paragraph|example)|"
    r"this model card (?:has been generated|was generated|is generated|should|template)|"
    r"you can contact the model card authors|review section \d"
)
# An instruction to the author: a verb of writing, about the model or its documentation.
_POLITE = r"(?:please,? |optional(?:ly)?[:,]? |you (?:should|must|can|may) |briefly )*"
_WRITE = (
    "provide|describe|list|explain|specify|state|summari[sz]e|outline|detail|document|define|mention|discuss|indicate"
    "|insert|enter|add|fill|write"
)
_INSTRUCTION = re.compile(
    rf"{_POLITE}(?:(?:{_WRITE})\b(?!.* the model with\b)(?:(?: (?:in|out|on|the))? (?:here|your|text)\b"
    r"|.*\b(?:(?:the|this|your) model|model card|how it|what it|who may|here)\b)"
    rf"|(?:{_WRITE}|include|identify|address|note|give|complete|edit|replace)\b.*\b(?:sections?|intended uses?"
    r"|use cases?|intended users?|limitations?|risks|bias(?:es)?|caveats?|known issues|failure modes|out-of-scope)\b)"
)
