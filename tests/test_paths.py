"""Roots: what may be read, by path and by address."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.paths import OutsideError, Roots, data_root, inside_repository, leads_out


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "model" / ".git").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[credentials]")
    (folder / "data.csv").write_text("x\n1\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "payroll.csv").write_text("x\n1\n")
    return folder


@pytest.mark.parametrize("written", ["data.csv", "./data.csv", "model/../data.csv", "not-there.csv", "link.csv"])
def test_what_lies_in_the_repository_may_be_read(repository: Path, written: str) -> None:
    (repository / "link.csv").symlink_to("data.csv")
    assert Roots(repository).resolve(written).is_relative_to(repository)


@pytest.mark.parametrize(
    "written",
    [
        "../outside/payroll.csv",
        "/etc/hostname",
        "link/payroll.csv",
        "file-link.csv",
        "link/../../outside/payroll.csv",
    ],
)
def test_what_lies_outside_is_refused_with_the_line_to_add(repository: Path, tmp_path: Path, written: str) -> None:
    (repository / "link").symlink_to(tmp_path / "outside")
    (repository / "file-link.csv").symlink_to("../outside/payroll.csv")
    with pytest.raises(OutsideError) as caught:
        Roots(repository).resolve(written)
    assert "data_roots: [" in caught.value.advice


def test_a_data_root_allows_what_lies_below_it_and_no_more(repository: Path, tmp_path: Path) -> None:
    (repository / "link").symlink_to(tmp_path / "outside")
    roots = Roots(repository, (str(tmp_path / "outside"),))
    assert roots.resolve("link/payroll.csv") == tmp_path / "outside" / "payroll.csv"
    (tmp_path / "outside-too").mkdir()
    with pytest.raises(OutsideError):
        roots.resolve(tmp_path / "outside-too" / "x.csv")


@pytest.mark.parametrize("written", ["data", ".", "/", "data/../data", "../../../../../../../.."])
def test_a_data_root_is_a_folder_outside_that_no_merge_request_can_move(repository: Path, written: str) -> None:
    (repository / "data").symlink_to("/etc")
    with pytest.raises(OutsideError):
        data_root(written, repository, repository)


def test_a_data_root_is_absolute_and_without_links(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "mounted").symlink_to("outside")
    assert data_root("../mounted", repository, repository) == str(tmp_path / "outside")
    assert data_root("s3://bucket/x", repository, repository) == "s3://bucket/x"


@pytest.mark.parametrize("written", [".git/config", "model/.git/x", "link/config", "model/../.git/config"])
def test_a_git_folder_is_never_read(repository: Path, tmp_path: Path, written: str) -> None:
    (repository / "link").symlink_to(".git")
    with pytest.raises(OutsideError, match=r"\.git folder"):
        Roots(repository, (str(tmp_path),)).resolve(written)


def test_what_is_no_path_is_refused(repository: Path) -> None:
    (repository / "circle").symlink_to("circle")
    for written in ("circle", "circle/x", "a\0b"):
        with pytest.raises(OutsideError):
            Roots(repository).resolve(written)


def test_a_link_leads_out_of_the_outermost_checkout_only(repository: Path, tmp_path: Path) -> None:
    (repository / "policies").mkdir()
    for name, target in (
        ("in.yaml", "../data.csv"),
        ("out.yaml", "/proc/self/environ"),
        ("up.yaml", "../../outside"),
    ):
        (repository / "policies" / name).symlink_to(target)
    (repository / "model" / "up.csv").symlink_to("../data.csv")  # `model` has a `.git` of its own
    (tmp_path / "by-link").symlink_to(repository)
    (tmp_path / "free.yaml").symlink_to("/etc/hostname")
    for inside in ("policies/in.yaml", "model/up.csv", "data.csv", "not-there", "policies/../data.csv"):
        assert not leads_out(repository / inside)
        assert not leads_out(tmp_path / "by-link" / inside)
    for outside in ("policies/out.yaml", "policies/up.yaml", "policies/up.yaml/payroll.csv"):
        assert leads_out(repository / outside)
        assert leads_out(tmp_path / "by-link" / outside)
    assert not leads_out(tmp_path / "free.yaml")


NAMED = ("https://mlflow.example.com/base", "http://127.0.0.1:5000")


@pytest.mark.parametrize(
    "address", ["https://mlflow.example.com/other", "https://MLFLOW.example.com:443/x", "http://127.0.0.1:5000/api"]
)
def test_the_hosts_that_are_named_may_be_asked(tmp_path: Path, address: str) -> None:
    Roots(tmp_path).check_address(address, NAMED)


@pytest.mark.parametrize(
    "address",
    [
        "http://mlflow.example.com/x",
        "https://mlflow.example.com:8443/x",
        "https://mlflow.example.com.evil.example/x",
        "https://mlflow.example.com@evil.example/x",
        "https://evil.example/mlflow.example.com",
        "http://127.0.0.1:50000/x",
        "http://127.0.0.1:x/",
        "s3://bucket/x",
        "ftp://mlflow.example.com/",
        "//evil.example/x",
    ],
)
def test_other_hosts_are_refused_with_the_line_to_add(tmp_path: Path, address: str) -> None:
    with pytest.raises(OutsideError) as caught:
        Roots(tmp_path).check_address(address, NAMED)
    assert "data_roots: [" in caught.value.advice


def test_a_data_root_may_be_an_address(tmp_path: Path) -> None:
    roots = Roots(tmp_path, ("s3://bucket/models", "https://data.example.com/sets/"))
    for address in ("s3://bucket/models/7/MLmodel", "s3://bucket/models", "https://data.example.com/sets/a.csv"):
        roots.check_address(address)
    for address in (
        "s3://bucket/models-of-others/7",
        "s3://other/models/7",
        "s3://bucket/models/../secrets",
        "s3://bucket/models/%2e%2e/secrets",
        "https://data.example.com/sets/%2E%2E%2fx",
        "http://data.example.com/sets/a.csv",
    ):
        with pytest.raises(OutsideError):
            roots.check_address(address)


def test_what_a_merge_request_can_change_counts_by_its_names_or_by_where_it_leads(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / "m").mkdir(parents=True)
    (repository / "out").symlink_to(tmp_path)
    (tmp_path / "in").symlink_to(repository)
    (tmp_path / "circle").symlink_to("circle")
    for written, inside in {
        "a.yaml": "m/a.yaml",
        "../a.yaml": "a.yaml",
        "x/../a.yaml": "m/a.yaml",
        f"{repository}/a.yaml": "a.yaml",
        "../out/a.yaml": "out/a.yaml",
        f"{tmp_path}/in/m/a.yaml": "m/a.yaml",
        "../..a.yaml": "..a.yaml",
        "../../a.yaml": None,
        f"{tmp_path}/circle/a.yaml": None,
        "/etc/passwd": None,
    }.items():
        assert inside_repository(written, repository / "m", repository) == inside, written
