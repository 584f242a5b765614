"""Whether a text says something: the one place that tells documentation from the text of a template.

A text is taken apart into statements; it is a placeholder where none of them says something. What a statement of a
template looks like is told by its shape (brackets, a label without a value, a question, an instruction to the author,
nothing but the words that forms are made of) and by the phrases that people put where text is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

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
_UNDER_A_HEADER = re.compile(r"\s*\|[-:| ]+\Z")
_NO_TEXT = re.compile(r"#{1,6}\s|\|")
_MARKERS = re.compile(r"^(?:[-*+>]\s+|\d{1,3}[.)]\s+)+")
_MARKUP = str.maketrans("", "", "*_`~|#>\\")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+")
_WORD = re.compile(r"[^\W_]+")
_LABEL = re.compile(r"([^:：]{1,60})[:：]\s+(\S.*)")
_DASHED = re.compile(r"([^:：]{1,60}?)\s[-–—]\s+(\S.*)")
_ABBREVIATED = re.compile(r"\bn\s?[/.]\s?a\b|\bt\.\s?b\.\s?[acd]\b")

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
    for line, following in pairwise([*text.splitlines(), "", ""]):
        if not line.strip() or _NEW_BLOCK.match(line):
            yield " ".join(lines)
            lines = []
        stripped = line.strip()
        if stripped.startswith("|") and not _UNDER_A_HEADER.match(following):
            cells = stripped.strip("|").split("|")
            yield from cells[1:] or cells
        elif stripped and not _NO_TEXT.match(stripped):
            lines.append(line)
    yield " ".join(lines)


def _statements(block: str) -> Iterator[str]:
    """Return the sentences of a block, hints in brackets replaced by a mark."""
    if _TASK.match(block) or _VARIABLE.match(block):
        return  # `- [ ] an open task`
    block = _TAG.sub(lambda tag: tag[0][1:-1] if _ADDRESS.match(tag[0]) else " ", block)
    block = _MARKERS.sub("", visible(block).strip()).translate(_MARKUP).strip()
    for _ in range(3):  # brackets in brackets
        block = _GROUP.sub(_mark, block)
    if _SWALLOWS.match(_core(block)):
        return
    yield from _SENTENCE.split(block)


def _mark(group: re.Match[str]) -> str:
    inside = (group[1] if group[1] is not None else group[2]).strip()
    if group[0].startswith("[") and group.string[group.end() : group.end() + 1] == "(":
        return inside  # the text of a link
    return _HINT if _HINT in inside or _HINTS.match(inside) else _OTHER


def _says_something(statement: str, name: bool) -> bool:
    words = statement.replace(_OTHER, " ").strip()
    text = _core(words).casefold()
    if _HINT in statement or not _WORD.search(text):
        return False
    if words.endswith((":", "：", "?", "？")):
        return False  # a label without a value, a lead-in, a question to the author
    if words.startswith("(") and words.endswith(")") and ")" not in words[1:-1]:
        return words[-2] in ".!"  # (scope; decisions aided) is a hint, (The officer decides.) is not
    labelled = _LABEL.fullmatch(words)
    if labelled and len(_WORD.findall(labelled[1])) <= 6:
        return _says_something(labelled[2], name)
    dashed = _DASHED.fullmatch(words)
    if dashed and _is_template(dashed[1].casefold()):
        return _says_something(dashed[2], name)
    return not (_is_filler(text) or (not name and _is_template(text)))


def _core(text: str) -> str:
    """Return a text from its first letter or digit to its last."""
    start, end = 0, len(text)
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return text[start:end]


def _is_template(text: str) -> bool:
    """Tell whether a sentence, in lower case and without punctuation at its ends, is one of a template."""
    if _words(text) and _FORM.issuperset(_words(text)) and not _JOINING.issuperset(_words(text)):
        return True
    return len(text) <= _LONGEST and bool(_ABOUT_THE_TEXT.match(text) or _INSTRUCTION.match(text))


def _is_filler(text: str) -> bool:
    """Tell whether a sentence only says that something is to be written, or that there is nothing to say."""
    words = _words(text)
    if _EMPTY.isdisjoint(words) or not _FILLER.issuperset(words) or ("none" in words and "known" in words):
        return len(text) <= _LONGEST and _PHRASE.fullmatch(text) is not None
    return True


def _words(text: str) -> set[str]:
    """Return the words of a text, without the numbers of items: `Limitation 1`."""
    words = set(_WORD.findall(_ABBREVIATED.sub(lambda found: re.sub(r"\W", "", found[0]), text)))
    return words - set("0123456789") or words


# Words that join others.
_JOINING = frozenset(
    "a an the of and or for in on to by with be is are was were been being that which this these those it "
    "its as at from should must can may will would any all both etc other such well also have has had".split()
)
# The words that forms are made of: `Primary intended uses` says nothing of a model.
_FORM = _JOINING | frozenset(
    "use uses used usage user users case cases intended primary secondary main direct downstream upstream "
    "out scope misuse malicious prohibited allowed disallowed unintended unsupported foreseeable "
    "envisioned limitation limitations risks bias biases caveat caveats recommendation recommendations "
    "considerations known potential possible technical sociotechnical societal ethical operational model "
    "models card details description information needed required further more section sections summary "
    "overview aware made during development relevant factors failure modes mitigation mitigations "
    "tradeoffs trade offs contact owner author authors maintainer name email click expand optional tasks "
    "domains purpose application applications context stakeholders quick brief short what does do field "
    "fields basic conditions assumptions constraints weaknesses issues business".split()
)
# Words of which one is in a text that says that there is none: `Will be added later`, `N/A`; with them may stand the
# words of forms, and these.
_EMPTY = frozenset(
    "todo fixme tbd tba tbc tbw wip na nil null nan none nothing unknown undefined unspecified pending "
    "missing empty blank placeholder placeholders dummy example sample draft soon later shortly tomorrow "
    "coming come follow follows fill filled insert inserted add added write written describe described "
    "document documented provide provided specify specified update updated determine determined define "
    "defined decide decided announce announced confirm confirmed assess assessed evaluate evaluated "
    "discuss discussed clarify clarified complete completed continued supply supplied publish published "
    "disclosed agreed available applicable given here please your replace change edit enter sentence "
    "sentences paragraph yyyy redacted undocumented listed ditto".split()
)
_FILLER = (
    _EMPTY
    | _FORM
    | frozenset(
        "not yet we i me us my you still just so far currently now moment present time stage progress "
        "construction preparation review release next version field page document documentation docs info "
        "text content value item intentionally deliberately left set need needs require requires awaiting "
        "someone goes submitting see above below same before after once when until short one two three "
        "about mm dd who what how where why do does input answer entry some".split()
    )
)
# What ends a block, whatever follows: TODO: ask Ada, lorem ipsum, e.g. credit scoring.
_SWALLOWS = re.compile(
    r"(?:TODO|FIXME|TBD)\b(?![-'’]\w)(?!\.\s)|(?:TBA|TBC|WIP|XXX)\s*(?:[:(\[–—]|-\s|$)"
    r"|(?i:(?:todo|to do|to-do)\s*[:(\[]|lorem ipsum\b|e\.?g\.[\s,:]|i\.e\.[\s,:]|ex\.\s*:)"
)
# The name of a variable in the place of its value: $LIMITATIONS, %LIMITATIONS%, __LIMITATIONS__.
_VARIABLE = re.compile(r"\s*(?:\$\w+|%\w+%|__\w+__|@@\w+@@)\s*\Z")
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
# A whole sentence that stands where text is missing, in lower case, where it has other words too.
_PHRASE = re.compile(
    "(?:"
    + "|".join(
        (
            r"no (?:\w+ )?(?:information|info|description|content|text|details|documentation|comments?|data)"
            r"(?: (?:yet|available|provided|given|so far|at this time))?",
            r"x{2,}|asdf|qwerty|foo(?: ?bar)?|idem|same(?: as .{0,20})?|n/d|string|text"
            r"|(?:item|point)s?(?: \d)?|idk|dunno|not sure|i (?:do not|don['’]t) know|tk|lorem"
            r"|abc|blah(?: blah)*|test(?: text)?|some text",
            r"no (?:known )?limitations? (?:(?:have|has|are|is) )?(?:been )?(?:yet )?(?:documented|listed"
            r"|described)(?: yet)?",
            r"(?:awaiting|waiting for|ask)(?: \w+){1,4}|not (?:set|relevant|known|assigned)|unassigned",
            r"tb[dacw] (?:by|with|in|until)\b.*|nobody|no ?one",
            r"to-?\s?do(?: (?:later|soon|next|tomorrow|this|by|before|after|ask|write|add|fill|describe|once|when"
            r"|until|with|@\w+)\b.*)?",
            rf"{_THING}(?:to be|yet to be) {_DONE}\b.*",
            rf"{_THING}(?:will|shall|must|should|needs? to|has to|have to) be {_DONE}"
            r"(?: (?:by|in|once|when|with|until)\b.*)?",
            rf"{_THING}(?:coming|to come|to follow|follows|will (?:come|follow)|needed|required|missing|pending)"
            r"(?: (?:soon|shortly|later))?(?: (?:for|on|about|in)\b.*)?",
            r"(?:work )?in progress|work in progress\b.*|under (?:construction|development|review)|in (?:preparation"
            r"|development|review)|stay tuned|watch this space|change ?me"
            r"|(?:needs?|requires?) (?:more |further )?(?:review|info|information|documentation|input)",
            r"(?:please )?(?:see|as|refer to) (?:the )?(?:above|below|before|previous|previous section|model card"
            r"|section (?:above|below))(?: for\b.*)?",
            # German, French, Spanish, Italian, Portuguese, Dutch, Chinese, Japanese, Korean.
            r"(?:wird |ist |sind )?noch (?:offen|zu .*|nicht .*|ausstehend|auszufüllen|ergänzt|festzulegen)"
            r"|folgt(?: noch)?|(?:wird |bitte )?(?:noch )?(?:ergänzen|ergänzt|nachgereicht|ausfüllen)|in arbeit"
            r"|keine(?: angaben?)?|k\.? ?a|unbekannt|zu (?:ergänzen|klären|definieren)|siehe (?:oben|unten)"
            r"|steht (?:noch )?aus",
            r"à (?:compléter|définir|préciser|remplir|venir|déterminer)\b.*|non (?:renseigné|défini|applicable"
            r"|disponible)e?s?|aucune?|inconnue?|voir ci-dess(?:us|ous)|en cours(?: de (?:rédaction|préparation))?",
            r"por (?:completar|definir|determinar|rellenar|preencher)\b.*|pendiente(?: de .*)?|ningun[oa]|desconocido"
            r"|no aplica|sin (?:información|datos)|a (?:definir|preencher|completar)|nenhum[a]?|nessun[oa]"
            r"|da (?:completare|definire|compilare)\b.*",
            r"nog (?:in te vullen|te bepalen)\b.*|n\.? ?v\.? ?t|geen",
            r"待补充|待定|暂无|无|待完善|需要更多信息|未定|未記入|なし|該当なし|準備中|追記予定|작성 예정"
            r"|추후 작성|없음",
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
