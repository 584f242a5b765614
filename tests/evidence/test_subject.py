"""The words that a subject may use."""

from gatepost.evidence.subject import document_tiers, tiers_line, unknown_words, words_of


def test_a_word_outside_of_the_set_is_told_with_the_nearest() -> None:
    assert unknown_words({"name": "m", "task": "binary", "risk_tier": "high"}) == {}
    found = unknown_words({"task": "Binary", "risk_tier": "hihg"})
    assert found["risk_tier"] == "`hihg` is not one of unacceptable, high, limited, minimal: did you mean `high`?"
    assert found["task"].endswith("did you mean `binary`?")
    assert list(unknown_words({"risk_tier": "limited"}, ("high", "low"))) == ["risk_tier"]
    assert unknown_words({"risk_tier": "low"}, ("high", "low")) == {}


def test_a_document_of_0_1_may_use_the_tiers_that_0_1_offered() -> None:
    assert document_tiers({"risk_tiers": ["a", "b"]}) == ("a", "b")
    assert document_tiers({}) == (*words_of("risk_tier"), "low", "medium")


def test_the_line_that_declares_tiers_holds_the_word() -> None:
    assert tiers_line("medium") == "risk_tiers: [high, medium, low]"
    assert tiers_line("tier-1") == "risk_tiers: [unacceptable, high, limited, minimal, tier-1]"
