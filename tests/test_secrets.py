from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from gatepost.problems import Problem
from gatepost.secrets import KnownValues, credentials_of, redacted, redacted_within, without_credentials
from gatepost.text import harmless


@pytest.mark.parametrize(
    ("uri", "clean"),
    [
        ("https://user:token@host.example/team/repo.git", "https://host.example/team/repo.git"),
        ("https://token@host.example/repo.git", "https://host.example/repo.git"),
        ("git+https://token@host.example/a/b@v1", "git+https://host.example/a/b@v1"),
        ("https:/u:p@h/x", "https:/h/x"),
        ("//u:p@h/x", "//h/x"),
        ("user:p%40ss@proxy.example:8080", "proxy.example:8080"),
        ("postgresql://u:p/w@db.example:5432/mlflow", "postgresql://db.example:5432/mlflow"),
        ("postgresql://u:12/w@db.example/mlflow", "postgresql://db.example/mlflow"),
        ("postgresql://u:p@w@db.example/mlflow", "postgresql://db.example/mlflow"),
        ("postgresql://u:p@ss/w?rd#x@db.example:1/db", "postgresql://db.example:1/db"),
        ("postgresql://u:p;w@db.example/db", "postgresql://db.example/db"),
        ('postgresql://u:p"w@db.example/db', "postgresql://db.example/db"),
        ("postgresql://u:p@[::1]:5432/db", "postgresql://[::1]:5432/db"),
        ("redis://:pw@h:6379/0", "redis://h:6379/0"),
        ("ssh://git@host.example:22/repo.git", "ssh://host.example:22/repo.git"),
        ("git@host.example:team/repo.git", "git@host.example:team/repo.git"),
        ("user:secret@host.example:team/repo.git", "host.example:team/repo.git"),
        ("oauth2:TO/KEN@host.example:team/repo.git", "host.example:team/repo.git"),
        ("glpat-0123456789abcdefghij@host.example:team/repo.git", "host.example:team/repo.git"),
        ("https://host.example/a@b/c", "https://host.example/a@b/c"),
        ("https://host.example:5000/a@b", "https://host.example:5000/a@b"),
        ("s3://bucket/key?versionId=3&X-Amz-Signature=abc", "s3://bucket/key?versionId=3"),
        ("s3://b/k?X-Amz-Credential=a%2Fb&X-Amz-Security-Token=c&x=1", "s3://b/k?x=1"),
        ("https://store.example/x?sv=1&sig=abc#top", "https://store.example/x?sv=1#top"),
        ("https://h/x?token=2&b=3", "https://h/x?b=3"),
        ("https://h/x?pat=abc&jwt=abc", "https://h/x"),
        ("https://h/x?%74oken=abc", "https://h/x"),
        ("https://h/x;token=abc", "https://h/x"),
        ("https://h/x#access_token=abc&x=1", "https://h/x#x=1"),
        ("jdbc:postgresql://h/db?user=u&password=p@q", "jdbc:postgresql://h/db?user=u"),
        ("jdbc:sqlserver://h:1433;user=u;password=p@ss w;x=1", "jdbc:sqlserver://h:1433;user=u;x=1"),
        ("jdbc:sqlserver://h;user=u;password={p;w};x=1", "jdbc:sqlserver://h;user=u;x=1"),
        ("jdbc:mysql://u:p@h/db", "jdbc:mysql://h/db"),
        ("jdbc:mysql://address=(host=h)(password=p)/db", "jdbc:mysql://address=(host=h)(password=***)/db"),
        ("jdbc:oracle:thin:u/p@h:1521:sid", "jdbc:oracle:thin:h:1521:sid"),
        ("jdbc:oracle:thin:u/p@//h:1521/s", "jdbc:oracle:thin://h:1521/s"),
        ("models:/credit-risk@champion", "models:/credit-risk@champion"),
        ("sqlite:////srv/mlflow.db", "sqlite:////srv/mlflow.db"),
        ("registry.example:5000/image@sha256:abc", "registry.example:5000/image@sha256:abc"),
        ("C:/data/me@x", "C:/data/me@x"),
        ("mailto:me@host.example", "mailto:me@host.example"),
        ("data/train.csv", "data/train.csv"),
    ],
)
def test_credentials_are_taken_out_and_nothing_else(uri: str, clean: str) -> None:
    assert without_credentials(uri) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (
            "cannot reach http://me:pw@a.example/x, nor https://t@b.example",
            "cannot reach http://a.example/x, nor https://b.example",
        ),
        ("[x](https://u:p@h/x) <https://t@h/y>", "[x](https://h/x) <https://h/y>"),
        ('{"a":"https://u:p@h/x","b":"me@x.org"}', '{"a":"https://h/x","b":"me@x.org"}'),
        ('["https://u:p@h/x","https://v:q@g/y?token=a"]', '["https://h/x","https://g/y"]'),
        ("(see https://h/x?token=abc)", "(see https://h/x)"),
        ("Driver={A B};Server=h;UID=u;PWD=p q;X=1", "Driver={A B};Server=h;UID=u;PWD=***;X=1"),
        ("Driver={A B};UID=u;PWD={a;}}b}", "Driver={A B};UID=u;PWD=***"),
        ("Password = p q;User Id=u", "Password = ***;User Id=u"),
        ("host=h password='a \\' b' dbname=x", "host=h password=*** dbname=x"),
        ("host=h password=ab dbname=x", "host=h password=*** dbname=x"),
        ("AccountName=n;AccountKey=abc==;X=1", "AccountName=n;AccountKey=***;X=1"),
        ("SharedAccessSignature=sv%3D1;X=1", "SharedAccessSignature=***;X=1"),
        ("Authorization: Bearer abc", "Authorization: Bearer ***"),
        ("'authorization': 'Basic dTpw'", "'authorization': 'Basic ***'"),
        ("PRIVATE-TOKEN: abc", "PRIVATE-TOKEN: ***"),
        ("sent bearer abc.def-1234", "sent bearer ***"),
        ("the bearer instruments are basic", "the bearer instruments are basic"),
        ("max_tokens=512 n=3 x.password == 'a'", "max_tokens=512 n=3 x.password == 'a'"),
    ],
)
def test_a_text_loses_the_credentials_that_it_shows(text: str, clean: str) -> None:
    assert redacted(text) == clean


def test_every_text_of_the_data_loses_its_credentials() -> None:
    data = {"git": {"remote": "https://u:pw@h.example/x"}, "notes": ["see http://t@h.example", "a@b"], "n": 1}
    assert redacted_within(data) == {
        "git": {"remote": "https://h.example/x"},
        "notes": ["see http://h.example", "a@b"],
        "n": 1,
    }


@pytest.mark.parametrize(
    "part",
    ["a", "://", "x://", "{{", "@", ";", "=", "a=", "a@", ":/", "://@", "password=a ", "pwd={ ", "pwd='", "x-", "a:",
     "bearer ", "(https://", "https://a@b,", "?token=x", "https://u:p/", '"=', "authorization:"],
)  # fmt: skip
def test_four_times_the_text_takes_no_sixteen_times_the_work(part: str) -> None:
    def work(length: int) -> float:
        text = "://" + part * (length // len(part))
        return min(_seconds(lambda: redacted(text)) for _ in range(3))

    assert work(80_000) < 10 * work(20_000) + 0.05


def _seconds(done: Callable[[], object]) -> float:
    start = time.process_time()
    done()
    return time.process_time() - start


@pytest.mark.parametrize(
    ("text", "secret", "shown"),
    [
        ("wrong password hunter2", "hunter2", "wrong password ***"),
        ("user=hunter2x", "hunter2", "user=***x"),
        ("at host/p%40ss%2Fword", "p@ss/word", "at host/***"),
        ("cannot reach https://u:pw@h.example/x", "https://u:pw@h.example/x", "cannot reach ***"),
        ("cannot reach https://h.example/x", "https://u:pw@h.example/x", "cannot reach ***"),
        ("wrong p@ss word", "https://u:p%40ss@h.example/x", "wrong *** word"),
        ("17 rows of 170, version 7", "7", "17 rows of 170, version ***"),
        ("File name too long: 'abcdefgh...", "abcdefghijklmnopqrstuvwxyz", "File name too long: '***..."),
        ("...mnopqrstuvwxyz not found", "abcdefghijklmnopqrstuvwxyz", "...*** not found"),
        ("nothing is set", "", "nothing is set"),
        ("two words", " ", "two words"),
    ],
)
def test_what_came_from_the_environment_is_hidden(text: str, secret: str, shown: str) -> None:
    assert KnownValues({"S": secret}).message(text) == shown


def test_a_secret_that_is_a_part_of_another_leaves_nothing_of_it() -> None:
    known = KnownValues({"A": "hunter2", "B": "hunter2-long"})
    assert known.message("it is hunter2-long") == "it is ***"


SECRET = "a\"b'c\\d<e&f\x1bg/h+~é漢 i"


@pytest.mark.parametrize(
    "encoded",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower().replace("%c3", "%c3"),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        repr(SECRET)[1:-1],
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        harmless(SECRET),
        html.escape(harmless(SECRET)),
        SECRET.replace("~", "~0").replace("/", "~1"),
        SECRET.replace("'", "''"),
    ],
)
def test_a_secret_is_hidden_as_the_formats_write_it(encoded: str) -> None:
    known = KnownValues({"S": SECRET})
    assert known.hidden(f"x{encoded}y") == "x***y"
    assert known.rendered(f"x{encoded}y") == "x***y"
    assert known.within({f"x{encoded}": [encoded]}) == {"x***S***": ["***S***"]}


def test_what_a_secret_decodes_to_is_hidden() -> None:
    assert KnownValues({"S": "p%40ss%2Fword"}).hidden("is p@ss/word") == "is ***"


@pytest.mark.parametrize("before", ["", "u:", "user:", "user1:"])
def test_a_secret_within_base64_is_hidden(before: str) -> None:
    secret = "correct horse battery"
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        shown = KnownValues({"S": secret}).hidden(encode(f"{before}{secret}".encode()).decode())
        assert "***" in shown
        assert len(shown) - 3 <= len(before) * 2 + 6


def test_what_is_public_short_or_the_name_of_a_model_stays_in_data() -> None:
    known = KnownValues(
        {"A": "performance", "B": "7", "C": "prod", "D": "models:/credit-risk/3"}, frozenset(["performance"])
    )
    data = {"performance": {"version": "7", "stage": "prod", "uri": "models:/credit-risk/3"}}
    assert known.within(data) == data


def test_a_number_is_hidden_in_data_only_where_it_stands_alone() -> None:
    known = KnownValues({"A": "20240131"})
    assert known.within(["a/20240131/b", "sha256:120240131f"]) == ["a/***A***/b", "sha256:120240131f"]
    assert known.rendered('{"n": 20240131}') == '{"n": 20240131}'


def test_two_values_do_not_become_equal() -> None:
    known = KnownValues({"A": "secret-one", "B": "secret-two"})
    assert known.within(["secret-one", "secret-two"]) == ["***A***", "***B***"]


def test_a_source_line_with_a_credential_is_not_shown() -> None:
    problem = Problem("x", source_line="data: postgresql://u:p@h/db")
    assert KnownValues().problem(problem).source_line == ""
    assert KnownValues().problem(Problem("x", source_line="data: a.csv")).source_line == "data: a.csv"


def test_credentials_of_the_environment_are_known_by_their_names() -> None:
    environ = {
        "MLFLOW_TRACKING_PASSWORD": "abcdefgh1",
        "AWS_SECRET_ACCESS_KEY": "abcdefgh2",
        "AWS_SESSION_TOKEN": "abcdefgh3",
        "WANDB_API_KEY": "abcdefgh4",
        "GATEPOST_CACHE_KEY": "abcdefgh5",
        "GITHUB_TOKEN": "abcdefgh6",
        "CI_JOB_TOKEN": "short",
        "PWD": "/home/someone",
        "TOKENIZERS_PARALLELISM": "false-or-true",
        "HOME": "/home/someone",
    }
    assert set(credentials_of(environ).values.values()) == {f"abcdefgh{n}" for n in range(1, 7)}
