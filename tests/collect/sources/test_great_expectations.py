from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pandas
import pytest

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import great_expectations
from gatepost.evidence.schema import bundled
from gatepost.problems import Place

TABLE = pandas.DataFrame(
    {
        "age": [19, 35, 52, 71],
        "income": [1000.0, 2000.0, None, 9000.0],
        "sex": ["female", "male", "male", "female"],
        "nothing": [None] * 4,
    }
)


def expectation(kind: str, severity: str | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs} | ({"severity": severity} if severity else {})


BETWEEN = expectation("expect_column_values_to_be_between", column="age", min_value=18, max_value=100)
ADULTS_OVER_200 = {"row_condition": "age > 200", "condition_parser": "pandas"}
SUITE = [
    expectation("expect_table_row_count_to_be_between", min_value=3, max_value=5),
    BETWEEN,
    expectation("expect_column_values_to_be_between", "warning", column="income", min_value=0, max_value=5000),
    expectation("expect_column_values_to_be_between", column="nothing", min_value=0, max_value=1),
    expectation("expect_column_values_to_be_between", column="incom", min_value=0, max_value=1),
    expectation("expect_column_values_to_be_between", column="sex", min_value=0, max_value=1),
    expectation("expect_column_values_to_be_in_set", column="sex", value_set=["x"], **ADULTS_OVER_200),
    expectation("expect_column_mean_to_be_between", "info", column="income", min_value=3000, max_value=5000),
    expectation("expect_column_mean_to_be_between", column="nothing", min_value=0, max_value=1),
    expectation("expect_column_distinct_values_to_be_in_set", column="sex", value_set=["female", "male"]),
    expectation("expect_column_distinct_values_to_be_in_set", column="nothing", value_set=["a"]),
    expectation("expect_column_values_to_not_be_null", column="nothing"),
    expectation("expect_column_values_to_be_null", column="nothing"),
    expectation("expect_column_to_exist", column="incom"),
    expectation("expect_compound_columns_to_be_unique", column_list=["age", "sex"]),
    expectation("expect_column_proportion_of_non_null_values_to_be_between", column="nothing", min_value=0.5),
    expectation("expect_column_values_to_not_be_null", column="sex"),
]


def suite_text(expectations: list[Any]) -> str:
    """Write a suite with one line for each expectation; the first stands on line 4."""
    lines = ",\n".join(f"    {json.dumps(entry)}" for entry in expectations)
    return f'{{\n  "name": "applicants",\n  "expectations": [\n{lines}\n  ]\n}}\n'


def write(folder: Path, table: pandas.DataFrame, suite: str) -> Context:
    table.to_parquet(folder / "people.parquet")
    (folder / "suite.json").write_text(suite)
    return Context(folder, folder)


def collect(folder: Path, table: pandas.DataFrame, expectations: list[Any]) -> Collected:
    context = write(folder, table, suite_text(expectations))
    return great_expectations.collect({"data": "people.parquet", "suite": "suite.json"}, context)


def checks(folder: Path, table: pandas.DataFrame, expectations: list[Any]) -> list[dict[str, Any]]:
    return list(collect(folder, table, expectations).sections["data"]["checks"])


def refused(folder: Path, options: dict[str, Any]) -> CollectorError:
    with pytest.raises(CollectorError) as caught:
        great_expectations.collect(options, Context(folder, folder))
    return caught.value


def refused_suite(folder: Path, suite: str) -> CollectorError:
    write(folder, TABLE, suite)
    return refused(folder, {"data": "people.parquet", "suite": "suite.json"})


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    return collect(tmp_path_factory.mktemp("gx"), TABLE, SUITE)


def test_each_outcome(collected: Collected) -> None:
    found = [(check["kind"], check.get("column"), check["status"]) for check in collected.sections["data"]["checks"]]
    statuses = "pass pass fail vacuous error error vacuous pass vacuous pass vacuous fail pass fail pass fail pass"
    assert [status for _, _, status in found] == statuses.split()
    assert [kind for kind, _, _ in found] == [entry["type"] for entry in SUITE]
    assert found[0][1] is None
    assert found[14][1] == "age, sex"


def test_counts_and_what_was_seen(collected: Collected) -> None:
    found = collected.sections["data"]["checks"]
    assert found[2] == {
        "id": "expect_column_values_to_be_between(income)",
        "tool": "great_expectations",
        "kind": "expect_column_values_to_be_between",
        "column": "income",
        "status": "fail",
        "severity": "warning",
        "expected": {"min_value": 0, "max_value": 5000},
        "evaluated_count": 3,
        "unexpected_count": 1,
        "unexpected_share": pytest.approx(1 / 3),
        "dataset": "people.parquet",
    }
    assert (found[0]["observed"], found[7]["observed"], found[7]["evaluated_count"]) == (4, 4000.0, 3)
    assert [check["severity"] for check in found[:3]] == ["critical", "critical", "warning"]
    assert found[7]["severity"] == "info"
    assert found[12]["evaluated_count"] == 4
    assert "evaluated_count" not in found[0]
    assert all("evaluated_count" not in check for check in found if check["status"] == "error")


def test_reasons(collected: Collected) -> None:
    found = collected.sections["data"]["checks"]
    assert found[3]["reason"] == "no value of `nothing` to look at"
    assert found[4]["reason"] == "the data has no column `incom`; did you mean `income`?"
    assert "same type" in found[5]["reason"]
    assert found[6]["reason"] == "no value of `sex` where age > 200 to look at"
    assert "reason" not in found[2]


def test_evidence_is_valid_json_of_the_schema(collected: Collected) -> None:
    evidence = {"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": dict(collected.sections)}
    plain = json.loads(json.dumps(evidence, allow_nan=False))
    assert list(jsonschema_rs.Draft202012Validator(bundled()).iter_errors(plain)) == []
    assert plain == evidence


def test_no_number_of_numpy_leaks(tmp_path: Path) -> None:
    suite = [
        expectation("expect_column_mean_to_be_between", column="age", min_value=0, max_value=100),
        expectation("expect_column_max_to_be_between", column="age", min_value=0, max_value=100),
        expectation("expect_column_stdev_to_be_between", column="income", min_value=0, max_value=1e6),
        expectation("expect_column_distinct_values_to_contain_set", column="age", value_set=[19]),
        expectation("expect_column_values_to_be_of_type", column="age", type_="int64"),
    ]
    found = checks(tmp_path, TABLE, suite)
    assert [check["status"] for check in found] == ["pass"] * 5
    assert {type(value) for value in leaves(found)} <= {str, int, float, bool}
    assert type(found[0]["observed"]) is float


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [leaf for part in (value.values() if isinstance(value, dict) else value) for leaf in leaves(part)]
    return [value]


def test_the_data_set(collected: Collected) -> None:
    (entry,) = collected.sections["data"]["datasets"]
    assert (entry["name"], entry["source"], entry["rows"], entry["columns"]) == ("people", "people.parquet", 4, 4)
    assert entry["digest"].startswith("sha256:")


def test_locations_point_into_the_suite(collected: Collected) -> None:
    assert len(collected.locations) == len(SUITE)
    line = f"    {json.dumps(SUITE[2])}"
    assert collected.locations["/data/checks/2"] == Place("suite.json", 6, 5, 6, len(line) + 1)
    assert [place.line for place in collected.locations.values()] == list(range(4, 4 + len(SUITE)))


def test_an_expectation_on_several_lines_is_located_by_its_first(tmp_path: Path) -> None:
    text = json.dumps({"name": "\U0001f600", "expectations": [BETWEEN]}, indent=2)
    options = {"data": "people.parquet", "suite": "suite.json"}
    found = great_expectations.collect(options, write(tmp_path, TABLE, text))
    assert found.locations["/data/checks/0"] == Place("suite.json", 4, 5, 4, 6)


def test_ids_are_unique_and_do_not_depend_on_the_order(tmp_path: Path) -> None:
    other = expectation("expect_column_values_to_be_between", column="age", min_value=0, max_value=40)
    narrowed = {
        **BETWEEN,
        "kwargs": {**BETWEEN["kwargs"], "row_condition": "income > 5", "condition_parser": "pandas"},
    }
    forth = [check["id"] for check in checks(tmp_path, TABLE, [BETWEEN, other, narrowed, BETWEEN])]
    back = [check["id"] for check in checks(tmp_path, TABLE, [narrowed, BETWEEN, BETWEEN, other])]
    assert len(set(forth)) == 4
    assert sorted(forth) == sorted(back)
    assert "expect_column_values_to_be_between(age) where income > 5" in forth
    assert forth[3] == f"{forth[0]}-2"


def test_results_keep_the_order_of_the_suite(tmp_path: Path) -> None:
    pair = [
        expectation("expect_column_values_to_be_between", column="age", min_value=0, max_value=high)
        for high in (100, 10)
    ]
    assert [check["status"] for check in checks(tmp_path, TABLE, pair)] == ["pass", "fail"]
    assert [check["status"] for check in checks(tmp_path, TABLE, pair[::-1])] == ["fail", "pass"]


def test_an_empty_table_passes_nothing_that_reads_values(tmp_path: Path) -> None:
    suite = [entry for entry in SUITE if entry["kwargs"].get("column") != "incom"]
    found = checks(tmp_path, TABLE.iloc[:0], suite)
    assert {check["status"] for check in found[1:]} == {"vacuous"}
    assert (found[0]["status"], found[0]["observed"]) == ("fail", 0)


def test_a_csv_file(tmp_path: Path) -> None:
    context = write(tmp_path, TABLE, suite_text([BETWEEN]))
    TABLE.to_csv(tmp_path / "people.csv", index=False)
    found = great_expectations.collect({"data": "people.csv", "suite": "suite.json"}, context)
    assert found.sections["data"]["checks"][0]["evaluated_count"] == 4
    assert found.uri == "people.csv"


def test_words_of_a_csv_file_are_missing_where_every_collector_says_so(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("country,age\nNA,19\nDE,NA\nNone,40\n")
    (tmp_path / "suite.json").write_text(
        suite_text(
            [
                expectation("expect_column_values_to_be_in_set", column="country", value_set=["NA", "DE", "None"]),
                expectation("expect_column_values_to_not_be_null", column="country"),
                expectation("expect_column_values_to_not_be_null", column="age"),
            ]
        )
    )
    found = great_expectations.collect(
        {"data": "people.csv", "suite": "suite.json"}, Context(tmp_path, tmp_path)
    ).sections["data"]["checks"]
    assert [(check["status"], check["evaluated_count"]) for check in found] == [("pass", 3), ("pass", 3), ("fail", 3)]


def test_it_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    collect(tmp_path, TABLE, SUITE)
    assert capfd.readouterr() == ("", "")


def test_an_imported_result_says_the_same(tmp_path: Path, collected: Collected) -> None:
    (tmp_path / "result.json").write_text(json.dumps(gx_result(TABLE, SUITE)))
    found = great_expectations.collect({"result": "result.json"}, Context(tmp_path, tmp_path))
    statuses = {check["id"]: check["status"] for check in found.sections["data"]["checks"]}
    expected = {check["id"]: check["status"] for check in collected.sections["data"]["checks"]}
    assert statuses == expected
    assert set(statuses.values()) == {"pass", "fail", "error", "vacuous"}
    assert found.sections["data"]["datasets"] == [{"name": "people"}]
    assert found.sections["data"]["checks"][0]["dataset"] == "people"
    assert found.locations["/data/checks/0"].path == "result.json"


def test_an_imported_aggregate_without_a_count_passes_nothing(tmp_path: Path) -> None:
    entry = expectation("expect_column_distinct_values_to_be_in_set", column="sex", value_set=["female", "male"])
    (tmp_path / "result.json").write_text(json.dumps(gx_result(TABLE, [entry])))
    (check,) = great_expectations.collect({"result": "result.json"}, Context(tmp_path, tmp_path)).sections["data"][
        "checks"
    ]
    assert check["status"] == "vacuous"
    assert check["reason"] == "the result does not tell whether it looked at any value"


def imported(folder: Path, result: Any) -> list[dict[str, Any]]:
    (folder / "result.json").write_text(json.dumps(result, indent=1))
    found = great_expectations.collect({"result": "result.json"}, Context(folder, folder))
    return list(found.sections["data"]["checks"])


def entry(config: dict[str, Any], success: bool = True, **result: Any) -> dict[str, Any]:
    return {"success": success, "expectation_config": config, "result": result}


def test_counts_that_are_written_as_floats_count(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        {"results": [entry(BETWEEN, False, element_count=96.0, missing_count=6.0, unexpected_count=9.0)]},
    )
    (check,) = found
    assert {key: check[key] for key in ("status", "evaluated_count", "unexpected_count", "unexpected_share")} == {
        "status": "fail",
        "evaluated_count": 90,
        "unexpected_count": 9,
        "unexpected_share": 0.1,
    }
    (check,) = imported(tmp_path, {"results": [entry(BETWEEN, element_count=96, missing_count=96.0)]})
    assert (check["status"], check["evaluated_count"]) == ("vacuous", 0)


@pytest.mark.parametrize("count", ["96", -1, 96.5, True, [3]])
def test_a_count_that_is_none_is_refused(tmp_path: Path, count: Any) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"results": [entry(BETWEEN, element_count=count)]}))
    error = refused(tmp_path, {"result": "result.json"})
    assert error.what == f"result.json:1: `element_count` is {json.dumps(count)}, which is not a count"


def test_a_result_of_an_empty_table_passes_nothing_imported_or_measured(tmp_path: Path) -> None:
    suite = [
        expectation("expect_column_unique_value_count_to_be_between", column="sex", max_value=10),
        expectation("expect_column_values_to_be_of_type", column="sex", type_="object"),
        BETWEEN,
    ]
    empty = TABLE.iloc[:0]
    for found in (imported(tmp_path, gx_result(empty, suite)), checks(tmp_path, empty, suite)):
        assert [check["status"] for check in found] == ["vacuous"] * 3
    result = gx_result(empty, suite[:1])
    assert [check["status"] for check in imported(tmp_path, result)] == ["vacuous"]


def test_a_result_that_contradicts_itself_is_refused_with_its_line(tmp_path: Path) -> None:
    whole = gx_result(TABLE, [BETWEEN, expectation("expect_column_values_to_not_be_null", column="income")])
    assert [check["status"] for check in imported(tmp_path, whole)] == ["pass", "fail"]
    whole["results"] = [whole["results"][0]]
    (tmp_path / "result.json").write_text(json.dumps(whole, indent=1))
    error = refused(tmp_path, {"result": "result.json"})
    assert error.what == (
        "result.json:1: the result contradicts itself: `success` is false, yet 0 of the 1 expectations in it failed"
    )
    assert error.advice.startswith("write the whole result again")
    lie = {"results": [entry(BETWEEN, element_count=10, unexpected_count=9)]}
    (tmp_path / "result.json").write_text(json.dumps(lie, indent=1))
    error = refused(tmp_path, {"result": "result.json"})
    assert error.what.startswith("result.json:3: the entry contradicts itself: `success` is true, yet 9 of 10")


def test_a_checkpoint_that_contradicts_its_runs_is_refused(tmp_path: Path) -> None:
    bad = {"results": [entry(BETWEEN, False, element_count=10, unexpected_count=9)]}
    for whole, what in (
        ({"success": True}, "`success` is true, yet 1 of the 1 validations in it failed"),
        ({"statistics": {"evaluated_validations": 2}}, "`evaluated_validations` is 2, and the file has 1"),
    ):
        (tmp_path / "result.json").write_text(json.dumps({**whole, "run_results": {"a": bad}}))
        assert what in refused(tmp_path, {"result": "result.json"}).what


def test_parameters_of_a_suite(tmp_path: Path) -> None:
    lower = expectation("expect_column_values_to_be_between", column="age", min_value={"$PARAMETER": "lo"})
    text = '{"suite_parameters": {"lo": 18},\n "expectations": [\n' + json.dumps(lower) + "]}"
    options: dict[str, Any] = {"data": "people.parquet", "suite": "suite.json"}
    context = write(tmp_path, TABLE, text)
    (check,) = great_expectations.collect(options, context).sections["data"]["checks"]
    assert (check["status"], check["expected"]) == ("pass", {"min_value": 18})
    options["parameters"] = {"lo": 60}
    (check,) = great_expectations.collect(options, context).sections["data"]["checks"]
    assert (check["status"], check["expected"]) == ("fail", {"min_value": 60})
    error = refused_suite(tmp_path, suite_text([lower]))
    assert error.what == "suite.json:4: the parameter `lo` has no value"
    assert error.advice == "add `parameters: {lo: VALUE}` beside `suite:` in gatepost.yaml"


def test_the_result_of_a_checkpoint(tmp_path: Path) -> None:
    run = gx_result(TABLE, [BETWEEN])
    text = json.dumps({"success": True, "run_results": {"a": run, "b/c": run}}, indent=1)
    (tmp_path / "result.json").write_text(text)
    found = great_expectations.collect({"result": "result.json"}, Context(tmp_path, tmp_path))
    assert [check["status"] for check in found.sections["data"]["checks"]] == ["pass", "pass"]
    assert len({check["id"] for check in found.sections["data"]["checks"]}) == 2
    first, second = (found.locations[f"/data/checks/{number}"].line or 0 for number in (0, 1))
    lines = text.splitlines()
    assert first < second
    assert [lines[line - 2].strip() for line in (first, second)] == ['"results": [', '"results": [']


def gx_result(table: pandas.DataFrame, expectations: list[dict[str, Any]]) -> dict[str, Any]:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    definition = context.data_sources.add_pandas("p").add_dataframe_asset("people")
    batch = definition.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": table})
    return dict(batch.validate(gx.ExpectationSuite(name="s", expectations=expectations)).to_json_dict())


def test_fingerprint_follows_the_files(tmp_path: Path) -> None:
    context = write(tmp_path, TABLE, suite_text([BETWEEN]))
    options = {"data": "people.parquet", "suite": "suite.json"}
    before = great_expectations.fingerprint(options, context)
    assert great_expectations.fingerprint(options, context) == before
    assert before.cacheable
    write(tmp_path, TABLE, suite_text([BETWEEN, BETWEEN]))
    after = great_expectations.fingerprint(options, context)
    assert {key for key in before.parts if before.parts[key] != after.parts[key]} == {"suite"}


@pytest.mark.parametrize(
    ("options", "option", "what"),
    [
        ({}, (), "`data` is missing"),
        ({"data": "people.parquet"}, ("data",), "`suite` is missing"),
        ({"data": "people.parquet", "result": "r.json"}, ("result",), "`result` and `data` exclude each other"),
        ({"data": "poeple.parquet", "suite": "suite.json"}, ("data",), "no such file: poeple.parquet"),
        ({"data": "people.parquet", "suite": "siute.json"}, ("suite",), "no such file: siute.json"),
        ({"data": "../people.parquet", "suite": "suite.json"}, ("data",), "../people.parquet lies outside"),
        ({"result": "none.json"}, ("result",), "no such file: none.json"),
        ({"result": "r.json", "parameters": {}}, ("parameters",), "`parameters` without `suite`"),
    ],
)
def test_wrong_options(tmp_path: Path, options: dict[str, Any], option: tuple[str, ...], what: str) -> None:
    write(tmp_path, TABLE, suite_text([BETWEEN]))
    error = refused(tmp_path, options)
    assert error.what.startswith(what)
    assert error.option == option


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("empty.csv", b"", "empty.csv is empty"),
        ("empty.parquet", b"", "empty.parquet cannot be read"),
        ("cut.csv", b'age,sex\n1,"fem', "cut.csv cannot be read"),
        ("ragged.csv", b"age,sex\n1,f\n1,f,3\n", "ragged.csv cannot be read"),
        ("table.xlsx", b"x", "table.xlsx is neither .csv nor .parquet"),
    ],
)
def test_damaged_data(tmp_path: Path, name: str, content: bytes, what: str) -> None:
    write(tmp_path, TABLE, suite_text([BETWEEN]))
    (tmp_path / name).write_bytes(content)
    error = refused(tmp_path, {"data": name, "suite": "suite.json"})
    assert error.what.startswith(what)
    assert error.option == ("data",)
    assert error.advice


def test_truncated_parquet(tmp_path: Path) -> None:
    write(tmp_path, TABLE, suite_text([BETWEEN]))
    whole = (tmp_path / "people.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    error = refused(tmp_path, {"data": "cut.parquet", "suite": "suite.json"})
    assert error.what.startswith("cut.parquet cannot be read")
    assert "\n" not in error.what


TYPO = expectation("expect_column_values_to_be_betwen", column="age", min_value=18)
MISNAMED = expectation("expect_column_values_to_be_between", column="age", min_valu=18, max_value=20)
MISPLACED = {"type": "expect_column_to_exist", "kwargs": {"column": "age"}, "severty": "info"}
OLD = {"expectation_type": "expect_column_to_exist", "kwargs": {"column": "age"}}
GRAVE = expectation("expect_column_to_exist", "grave", column="age")


@pytest.mark.parametrize(
    ("suite", "what", "advice"),
    [
        (suite_text([]), "suite.json:3: the suite is empty", "write an expectation"),
        (
            suite_text([BETWEEN, TYPO]),
            "suite.json:5: there is no expectation `expect_column_values_to_be_betwen`",
            "did you mean `expect_column_values_to_be_between`?",
        ),
        (
            suite_text([MISNAMED]),
            "suite.json:4: expect_column_values_to_be_between: `min_valu`: there is no such argument",
            "did you mean `min_value`?",
        ),
        (suite_text([MISPLACED]), "suite.json:4: an expectation has no `severty`", "did you mean `severity`?"),
        (suite_text([GRAVE]), "suite.json:4: expect_column_to_exist: `severity`", ""),
        (suite_text([OLD]), "suite.json:4: this suite is of Great Expectations 0.x", "write `type`"),
        (suite_text([7]), "suite.json:4: an expectation needs a `type`", ""),
        ('{"results": []}', "suite.json:1: this is no suite", "name a suite, or say `result:`"),
        ("[]", "suite.json holds no map", "name what"),
        ("", "suite.json:1:1 is no valid JSON", "the file is empty"),
        ('{"expectations": [\n', "suite.json:2:1 is no valid JSON", "is the file complete?"),
        ('{"name": "a",\n "name": "b"}', "suite.json:2:2: the key `name` stands here twice", "remove one"),
    ],
)
def test_wrong_suites(tmp_path: Path, suite: str, what: str, advice: str) -> None:
    error = refused_suite(tmp_path, suite)
    assert error.what.startswith(what)
    assert error.advice.startswith(advice)
    assert error.option == ("suite",)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"results": []}, "result.json:1: the suite was empty"),
        ({"expectations": []}, "result.json:1: this is no validation result"),
        ({"run_results": {}}, "result.json:1: this checkpoint ran nothing"),
        ({"results": [{"success": "yes"}]}, "result.json:1: an entry needs `success`"),
        ({"results": [{"success": True, "expectation_config": OLD}]}, "result.json:1: this result is of Great"),
    ],
)
def test_wrong_results(tmp_path: Path, content: dict[str, Any], what: str) -> None:
    (tmp_path / "result.json").write_text(json.dumps(content))
    error = refused(tmp_path, {"result": "result.json"})
    assert error.what.startswith(what)
    assert error.option == ("result",)
