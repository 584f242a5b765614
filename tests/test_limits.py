"""The limits that the docs promise are the ones that hold."""

from __future__ import annotations

from pathlib import Path

from gatepost import files, located_yaml
from gatepost.cel import parser, sizes
from gatepost.collect.sources import file
from gatepost.evidence import json_text, schema_check
from gatepost.judge import templates

PAGE = (Path(__file__).parents[1] / "docs" / "reference" / "limits.md").read_text()


def test_the_page_names_the_limits() -> None:
    mebibyte = 1024 * 1024
    for said in (
        f"{located_yaml.MAX_BYTES // mebibyte} MiB, {located_yaml.MAX_DEPTH} levels, {located_yaml.MAX_NODES:,} values",
        f"| {file._MOST_VALUES:,} values |",
        f"| {files.MAX_BYTES // mebibyte} MiB, {json_text.MAX_DEPTH} levels |",
        f"| {schema_check.MAX_PARTS:,} parts; {schema_check.MAX_STEPS:,} steps for one value",
        f"| {parser.MAX_LENGTH:,} characters, brackets {parser.MAX_DEPTH} deep, parts {parser.MAX_CHAIN} deep |",
        f"| {parser.MAX_EXPANDED:,} characters, parts {parser.MAX_CHAIN} deep |",
        f"| {sizes.MAX_SIZE:,} characters and entries |",
        f"| {sizes.MAX_ROUNDS:,} rounds;",
        f"| {templates.MAX_TEXT:,} characters as written;",
    ):
        assert said in PAGE
    assert parser.MAX_LENGTH == templates.MAX_TEXT
