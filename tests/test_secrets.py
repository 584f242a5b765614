from __future__ import annotations

import pytest

from gatepost.secrets import KnownValues, redacted, redacted_within, without_credentials


@pytest.mark.parametrize(
    ("uri", "clean"),
    [
        ("https://user:token@host.example/team/repo.git", "https://host.example/team/repo.git"),
        ("https://token@host.example/repo.git", "https://host.example/repo.git"),
        ("postgresql://u:p/w@db.example:5432/mlflow", "postgresql://db.example:5432/mlflow"),
        ("postgresql://u:p@w@db.example/mlflow", "postgresql://db.example/mlflow"),
        ("ssh://git@host.example:22/repo.git", "ssh://host.example:22/repo.git"),
        ("git@host.example:team/repo.git", "git@host.example:team/repo.git"),
        ("user:secret@host.example:team/repo.git", "host.example:team/repo.git"),
        ("https://host.example/a@b/c", "https://host.example/a@b/c"),
        ("https://host.example:5000/a@b", "https://host.example:5000/a@b"),
        ("s3://bucket/key?versionId=3&X-Amz-Signature=abc", "s3://bucket/key?versionId=3"),
        ("https://store.example/x?sig=abc#top", "https://store.example/x#top"),
        ("models:/credit-risk@champion", "models:/credit-risk@champion"),
        ("sqlite:////srv/mlflow.db", "sqlite:////srv/mlflow.db"),
        ("data/train.csv", "data/train.csv"),
    ],
)
def test_credentials_are_taken_out_and_nothing_else(uri: str, clean: str) -> None:
    assert without_credentials(uri) == clean


def test_a_message_loses_the_credentials_of_every_uri() -> None:
    text = "cannot reach http://me:pw@a.example/x, nor https://t@b.example"
    assert redacted(text) == "cannot reach http://a.example/x, nor https://b.example"


def test_every_text_of_the_data_loses_its_credentials() -> None:
    data = {"git": {"remote": "https://u:pw@h.example/x"}, "notes": ["see http://t@h.example", "a@b"], "n": 1}
    assert redacted_within(data) == {
        "git": {"remote": "https://h.example/x"},
        "notes": ["see http://h.example", "a@b"],
        "n": 1,
    }


@pytest.mark.parametrize(
    ("text", "secret", "shown"),
    [
        ("wrong password hunter2", "hunter2", "wrong password ***"),
        ("user=hunter2x", "hunter2", "user=***x"),
        ("at host/p%40ss%2Fword", "p@ss/word", "at host/***"),
        ("cannot reach https://u:pw@h.example/x", "https://u:pw@h.example/x", "cannot reach ***"),
        ("17 rows of 170, version 7", "7", "17 rows of 170, version ***"),
        ("nothing is set", "", "nothing is set"),
        ("two words", " ", "two words"),
    ],
)
def test_what_came_from_the_environment_is_hidden(text: str, secret: str, shown: str) -> None:
    assert KnownValues({"S": secret}).message(text) == shown


def test_a_secret_that_is_a_part_of_another_leaves_nothing_of_it() -> None:
    assert KnownValues({"A": "hunter2", "B": "hunter2-long"}).message("it is hunter2-long") == "it is ***"
