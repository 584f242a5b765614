"""Texts that stand in real cards and forms, and what they are: the corpus that `placeholders` is measured by."""

from __future__ import annotations

import pytest

from gatepost.placeholders import is_placeholder, label_of, quoted, unwritten

PLACEHOLDERS = [
    "",
    "   ",
    "-",
    "—",
    "...",
    "?",
    "____",
    "***",
    "xxx",
    "XXXX",
    "N/A",
    "n/a.",
    "NA",
    "n.a.",
    "None",
    "none.",
    "None yet",
    "null",
    "Unknown",
    "Not applicable",
    "Not yet available.",
    "not specified",
    "Has not been evaluated yet",
    "TODO",
    "todo",
    "ＴＯＤＯ",
    "TODO: ask Ada. She knows.",
    "todo later",
    "To-do: describe it",
    "TODO(ann) write this up",
    "FIXME",
    "TBD",
    "TBD.",
    "tbd by Friday",
    "TBA",
    "TBC",
    "WIP",
    "Work in progress",
    "Coming soon",
    "Coming soon!",
    "More details coming soon.",
    "Details to follow.",
    "Will be added later.",
    "This section will be completed by the risk team.",
    "To be completed by Ann",
    "To be determined",
    "Limitations to be documented.",
    "Pending review",
    "see above",
    "See below.",
    "Same as above",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit. Sed do eiusmod tempor.",
    "placeholder",
    "This is a placeholder text.",
    "Fill me in",
    "CHANGE ME",
    "Your text here",
    "Insert description here",
    "[More Information Needed]",
    "More information needed",
    "More information needed.\n\nMore information needed for further recommendations.",
    "[describe the intended use, for whom and in which process. Be brief.]",
    "[Name], [Email]",
    "<team or person>",
    "{POC Name, Email}",
    "{{ limitations }}",
    '{{ bias_risks_limitations | default("[More Information Needed]", true)}}',
    "{% if limitations %}{{ limitations }}{% endif %}",
    "This model is intended for [use case].",
    "The model predicts [describe the target] for loans.",
    "(scope; decisions aided; out-of-scope)",
    "e.g., credit scoring of consumers",
    "- **Primary use cases**:\n- **Intended users**:",
    "**Primary intended uses**",
    "* Primary intended uses\n* Primary intended users\n* Out-of-scope use cases",
    "Limitations: N/A",
    "- Known failure modes: TBD",
    "Owner — TBD",
    "The following limitations are known:",
    "- [ ] describe the limitations\n- [ ] ask the owner",
    "| Limitation | Impact |\n|---|---|\n|  |  |",
    "<!-- Provide a quick summary. -->",
    "<p>&nbsp;</p>",
    "What are the known limitations of the model?",
    "Provide a quick summary of what the model is/does.",
    "Describe the intended use of the model.",
    "Please list any known limitations, risks and biases.",
    "Explain how it should not be used and who may rely on it.",
    "Add text here.",
    "This section is meant to convey both technical and sociotechnical limitations.",
    "Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model. "
    "More information needed for further recommendations.",
    "Use cases that were envisioned during development.",
    "You can contact the model card authors through following channels:",
    "wird noch ergänzt",
    "Keine Angabe",
    "à compléter",
    "Por completar",
    "待补充",
]
WRITTEN = [
    "none known",
    "None known beyond the small sample of 1994.",
    "No known limitations.",
    "Not for minors.",
    "N/A for tenants, who are not scored.",
    "Not to be done alone",
    "To be used by credit officers, never alone.",
    "A todo-list classifier",
    "Todo-list ranking only",
    "Sorts todo items by urgency.",
    "TODO-list app for nurses",
    "Pending payments are not scored.",
    "Placeholder detection in scanned forms.",
    "Unknown merchants are scored as if they were new.",
    "Missing values are imputed with the median.",
    "Coming soon is the label for films that are not out yet.",
    "Works in daylight only.",
    "Below 18 years: not scored.",
    "English",
    "Research use only.",
    "Credit scoring",
    "Ranks applications\nfor review by a person.",
    "Spam filter for inbound mail.",
    "Fails on night images.",
    "See section 4 of the validation report for the error by region.",
    "See https://example.com/limits for the limits by region.",
    "List price prediction for used cars.",
    "Document classification for an insurer.",
    "Address matching for parcels.",
    "State-level forecasts of electricity demand.",
    "Provide loan officers with a risk score.",
    "Provide the model with complete addresses; otherwise it abstains.",
    "Identify customers likely to churn.",
    "Identify invoices which are fraudulent.",
    "Describe images for blind people.",
    "Summarize the main points of meeting notes.",
    "Explain credit decisions to applicants.",
    "Insert missing punctuation into transcripts.",
    "Write product descriptions in German.",
    "Fill gaps in temperature series.",
    "Note that the model was not tested on children.",
    "The model is not intended for downstream use.",
    "Not for direct use.",
    "Only for internal users.",
    "Trained on 1000 applications of 1994.",
    "The model has a bias against applicants under 25 [1].",
    "Scores are in [0, 1] and not calibrated.",
    "[Validation report](https://example.com/report.pdf)",
    "Predicts churn (monthly) for a telecom.",
    "(The officer decides.)",
    "Intended use: advice to a credit officer.",
    "- **Primary use cases**: credit scoring\n- **Intended users**:",
    "Limitations: none known",
    "The following limitations are known:\n- fails on French",
    "- [x] tested on images at night, where recall drops to 0.4",
    "| Case | Effect |\n|---|---|\n| Night | recall 0.4 |",
    "[More Information Needed]\n\nRecall drops at night.",
    "Is it spam? The model answers with a score.",
    "<b>Not for medical use.</b>",
    "Warns when x < 5 and y > 10.",
    "Für Kreditsachbearbeiter, die selbst entscheiden.",
    "Ne convient pas aux mineurs.",
    "仅用于研究",
    "Ограничения: не работает ночью",
    "सहायता के लिए",
    "Drug misuse screening in emergency rooms.",
    "Users should not rely on it for loans above 20,000 DM.",
    "The training data is from Germany only.",
    "Bias of up to 0.08 in impact ratio between age groups.",
    "It will be retrained every quarter.",
    "Needs review by a radiologist for each image.",
    "Results must be confirmed by a second test.",
    "Loans to be approved by an officer are ranked first.",
]
MORE_PLACEHOLDERS = """
More Information Needed
[More Information Needed].
*[More Information Needed]*
More info needed
Information needed
needs more information
Needs documentation
Documentation pending
Documentation coming soon
Documentation will be provided shortly
This will be updated soon.
Will update later
will be filled in later
We will add this later.
Still to be written.
Not documented yet
Not yet documented.
No information available
No information provided
No information yet.
No description provided.
No description
no data
Under development
In development.
To be discussed
to be discussed with legal
TO BE FILLED
To Be Added
T.B.D.
t.b.d
to complete
Not set
Not defined
Not Provided
No content
(none)
[none]
<none>
(TBD)
[TODO]
[ ]
"TBD"
TBD / N/A
TODO TODO TODO
todo!!!
... to be continued
Describe intended uses here
Describe here
Enter text
Write here
<your text>
<!-- TODO -->
Intended use:
Intended Use:
Use case 1, use case 2
Example limitation
Limitation 1
- Limitation 1
- Limitation 2
- item 1
Text
text
string
Sample
Example
Summary of limitations
A brief description of the intended use.
Brief description of known limitations
One or two sentences about the intended use.
List limitations
List the limitations of your model
Known issues and limitations
Who should use this model?
Details
This field is required.
Owner name
Name of owner
@todo
TODO @ann
TODO — ann
WIP — ann
Placeholder: fill before release
Fill before release
Please fill in
Please complete
please update
Please provide details.
Please specify
please describe
Complete me
Complete this section before release.
Add details
Add description
Add limitations
Insert limitations here.
YYYY-MM-DD
{{cookiecutter.intended_use}}
${INTENDED_USE}
%INTENDED_USE%
$INTENDED_USE
__INTENDED_USE__
@@LIMITATIONS@@
Not applicable at this stage
N/A at this time
N/A - see above
n/a (not applicable)
None at the moment
Not relevant
Nothing to see here
Intentionally left blank.
This page intentionally left blank
Left blank
See model card
tba soon
coming in v2
Coming in the next release
In Arbeit
Noch zu ergänzen
Wird ergänzt.
wird nachgereicht
siehe oben
steht noch aus
À définir
En cours de rédaction
Pendiente de completar
Sin información
Da definire
需要更多信息
TBD：待补充
As yet undocumented
undocumented
Not written yet
We still need to write this
I will fill this in tomorrow
Someone please fill this in
This needs to be filled in
Must be completed before release
Fill out before submitting
Required field
(required)
(optional)
[optional]
[to be added by the owner]
[Insert limitations]
[intended use goes here]
<intended_use>
<<limitations>>
{limitations}
{{limitations}}
<INSERT TEXT>
‹text›
XXX: write me
???
!!!
--
* * *
-
- N/A
- None
1. TBD
1. ...
2) TODO
> TBD
**TBD**
_To be added_
`TODO`
TBD :)
🚧 Work in progress 🚧
🚧
⚠️ TODO
🏗️ Under construction
N.A.
N / A
not applicable.
Not Applicable (N/A)
No limitations documented
No limitations listed yet.
No limitations have been documented yet.
None listed
Not sure
I don't know
idk
dunno
Will follow
Info follows
Description follows soon
Awaiting input from legal
Waiting for legal
Ask legal
Same as previous version
tk
TK
lorem
Lorem Ipsum
asdf
abc
test
Test text
blah blah
foo bar
Some text
Some description here
A short description of the intended use
Brief summary of what the model does
Intended use of the model goes here.
Write a short description of the limitations.
Summarise risks and limitations in 2-3 sentences.
How is the model intended to be used?
What should the model not be used for?
Who are the users?
In this section, describe the limitations.
Use this section to describe limitations.
Use this section to document known issues.
Guidance: describe the intended use.
Instructions: list known limitations.
Note: this section is required.
"""
MORE_WRITTEN = """
The model can be used for masked language modeling, but it is mostly intended to be fine-tuned on a downstream task.
Even if the training data used for this model could be characterized as fairly neutral, this model can have biased predictions.
This model is intended to be used for research purposes.
This model should not be used to create hostile environments for people.
You can use this model directly with a pipeline for text classification.
Significant research has explored bias and fairness issues with language models.
CTRL was trained on English only.
The primary intended users of the model are AI researchers.
The primary intended use is detecting toxic comments.
Primary intended uses: detecting toxic comments.
Fails for faces with masks.
Small sample.
Not tested on mobile devices.
Limited to text of 512 tokens.
May produce false positives for sarcasm.
Use only with human oversight.
Internal use only
For demonstration.
Demonstration purposes only.
A toy example; not for production.
Predict house prices.
Predicts whether a customer will default in the next 12 months.
Supports case workers in triaging benefit applications; a person decides.
Detects defects on PCB images of line 3.
The model knows only the five product groups of 2023.
Applicants without credit history receive unreliable scores.
Please do not use it outside Germany.
Please consult a doctor before acting on the output.
Add-on to the claims process; adjusters review every proposal.
Enter-key detection for keyboards.
Complete blood counts of adults only.
Replace manual sorting of letters.
Include a human in the loop where the score is between 0.4 and 0.6.
Define tariffs for car insurance.
Detail pages of the shop show its recommendations.
State aid applications are ranked by urgency.
List of parcels for delivery is ordered by it.
Known to fail on scans below 200 dpi.
Unknown words are skipped.
Blank pages are classified as other.
None of the groups under 50 rows was evaluated.
Nothing is stored; the model runs on the device.
Missing data above 20 % makes the score unusable.
Will be wrong for currencies other than EUR.
To be used together with the rule engine.
See also the validation report in docs/validation.pdf.
Owner-occupied homes only.
Contact the risk team before use in other countries.
ask-risk@example.com
risk@bank.example
+49 30 1234567
Slack: #ml-platform
ML Platform Team
Jane Doe <jane@example.com>
TBC-Bank scoring team
Consumer lending: approval of instalment loans up to 20,000 EUR.
It supports pricing.
Pricing
Marketing
Fraud detection in card payments
What-if analysis for planners.
How-to articles are ranked by usefulness.
In use since 2021 for second-level review.
Data from 2019 to 2021; no data from after the change of tariff.
Requires review by a clinician.
Needs at least 30 rows per store.
This model was trained on synthetic data and does not represent real customers.
This version has not been evaluated on children.
Performance on women is lower (recall 0.71 against 0.80).
The model must be retrained yearly.
The limitations of the training data apply: only hospitals in Bavaria.
Biases of annotators are likely reflected.
Risks: discrimination of older applicants.
Use with care in production.
It is unknown how it behaves at temperatures below zero.
Not known to work with Arabic text.
No.
Yes, for adults.
Entscheidungshilfe für Sachbearbeiter.
Nur für interne Zwecke
Noch nie auf Kindern getestet.
Keine bekannten Einschränkungen.
Keine Anwendung auf Minderjährige.
Aucune utilisation médicale.
Folgt der Richtlinie 12 der Bank.
Modèle destiné aux conseillers.
Fornecer apoio à decisão.
用于垃圾邮件过滤
Screening of chest X-rays for pneumonia as a second reader.
Intended for adult patients in Germany.
Intended for research.
Intended users: radiologists.
Primary users are claims handlers.
Out of scope: legal advice.
Not suited for real-time use.
Accuracy degrades below 10 lux.
Weak on rare dialects.
Sensitive to typos.
English only
Max 512 tokens
Data drift expected after 2024.
Based on a small data set of 300 rows.
Supports the underwriting team in setting premiums.
Helps users find products.
Model output is one input among others for the decision.
Limited evaluation on edge cases.
The model card of the base model lists more biases: https://huggingface.co/bert-base-uncased
We did not evaluate fairness for age groups.
We have not tested it with less than 1 GB of memory.
No evaluation on Spanish text has been done.
No use in hiring decisions.
Do not use for medical decisions.
Never use it alone.
Requires a GPU.
Requires internet access.
Should be updated every month because prices change.
This model is limited to daily data.
This model is a risk model for retail loans.
A model for detecting spam.
Text completion for customer service.
Document review in litigation.
Information extraction from invoices.
Sample size estimation
Name matching against sanction lists.
Email classification
Contact tracing
Next-page prediction
Field detection in forms
Content moderation
Content recommendations for readers.
Card fraud
Task scheduling
Updates of firmware are predicted.
Follow-up visits are scheduled by it.
Blank and empty seats are counted.
Draft emails for agents.
Value at risk of a bond portfolio
Credit limits are proposed, a person approves.
Draft of contracts for lawyers
Time to failure of pumps.
Missing persons search
Available drivers are assigned to rides.
Discussed with the works council on 2024-03-01; no objections.
Approved uses: triage of tickets.
Added noise of 5 % lowers recall to 0.6.
Version 2 is worse on short texts than version 1.
Unknown faces are rejected.
Example: a loan of 5,000 EUR with no income proof is scored too high.
"""
NAMES = [
    "Owner",
    "user",
    "Model Risk",
    "Data team",
    "no",
    "a",
    "#ml-help",
    "<ann@example.com>",
    "read",
    "use",
    "Ann Lee (she/her)",
]


@pytest.mark.parametrize("text", [*PLACEHOLDERS, *MORE_PLACEHOLDERS.strip().splitlines()])
def test_placeholders(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", [*WRITTEN, *MORE_WRITTEN.strip().splitlines()])
def test_written_texts(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize("text", NAMES)
def test_names_may_be_words_of_forms(text: str) -> None:
    assert not is_placeholder(text, name=True)


@pytest.mark.parametrize(
    "text", ["TBD", "N/A", "[name]", "<team or person>", "Your name", "to be announced", "-", "unknown"]
)
def test_placeholders_for_names(text: str) -> None:
    assert is_placeholder(text, name=True)


@pytest.mark.parametrize(
    "part",
    [
        "{{",
        "[",
        "*a _b ",
        "> ",
        "<",
        "<!--",
        "a: ",
        "to be ",
        "the model is ",
        "- ",
        "a - ",
        "((",
        ".",
        "[a]",
        "{[a]}",
        "please ",
        "&#1;",
        "a. ",
    ],
)
def test_long_texts_take_linear_time(part: str) -> None:
    # Where a pattern goes back and forth, this takes hours.
    is_placeholder(part * 40_000)
    is_placeholder(part * 60 + "x")


@pytest.mark.parametrize(
    "text", ["{{" * 200_000, "{{ a }} b {{" * 50_000, "{{}}" * 100_000 + "{{" * 100_000, "}}" * 200_000]
)
def test_braces_without_end_are_read_in_one_pass(text: str) -> None:
    assert is_placeholder(text) is ("b" not in text)


def test_labels() -> None:
    assert label_of("Out-of-scope uses: medical") == "Out-of-scope uses"
    assert label_of("Owner:") == "Owner"
    assert label_of("A sentence with many words before its colon comes: here") == ""
    assert label_of("no label") == ""


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("", "word", "must not be empty"),
        ("\u00a0", "word", "is blank: it has no visible text"),
        ("TODO", "word", ""),
        ("TODO", "name", "is a placeholder: `TODO`"),
        ("owner", "name", ""),
        ("Intended uses", "prose", "is a placeholder: `Intended uses`"),
        ("Ranks loans.", "prose", ""),
    ],
)
def test_what_a_text_lacks(text: str, kind: str, says: str) -> None:
    assert unwritten(text, kind) == says


def test_quotes_are_short_and_on_one_line() -> None:
    assert quoted("a\n  b") == "`a b`"
    assert quoted("x" * 100) == "`" + "x" * 57 + "...`"
