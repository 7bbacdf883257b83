"""Budgets that keep files and functions readable, and no unfinished business in the tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "skvi").rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 50
MARKERS = ("TO" + "DO", "FIX" + "ME", "XX" + "X")

each_source = pytest.mark.parametrize(
    "source", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)


def code_lines(function, lines):
    """Count the lines of a function without its docstring, comments and blank lines."""
    first = function.body[0]
    skipped = range(0)
    if ast.get_docstring(function) is not None:
        skipped = range(first.lineno, first.end_lineno + 1)
    numbers = range(function.lineno, function.end_lineno + 1)
    kept = [lines[number - 1].strip() for number in numbers if number not in skipped]
    return sum(1 for line in kept if line and not line.startswith("#"))


@each_source
def test_file_is_short(source):
    assert len(source.read_text().splitlines()) <= LONGEST_FILE


@each_source
def test_functions_are_short(source):
    text = source.read_text()
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {node.name: code_lines(node, text.splitlines()) for node in functions}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


@each_source
def test_nothing_is_left_for_later(source):
    assert [marker for marker in MARKERS if marker in source.read_text()] == []


@each_source
def test_file_opens_with_a_docstring_and_lists_its_public_names(source):
    tree = ast.parse(source.read_text())
    assert ast.get_docstring(tree)
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    only_docstring = len(tree.body) == 1
    assert only_docstring or "__all__" in assigned
