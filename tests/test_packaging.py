"""The files around the code agree with each other and with the code."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import skvi

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOURCES = sorted((ROOT / "skvi").rglob("*.py"))


def floors(requirements):
    """Map a package to its lowest allowed release, written with three numbers."""
    found = {}
    for requirement in requirements:
        name, floor = requirement.split(">=")
        found[name] = ".".join((floor.split(".") + ["0", "0"])[:3])
    return found


def test_installed_metadata_follow_pyproject():
    installed = metadata.metadata("skvi")
    assert installed["Version"] == skvi.__version__
    assert installed["License-Expression"] == PROJECT["license"] == "BSD-3-Clause"
    assert set(installed.get_all("Provides-Extra")) == set(PROJECT["optional-dependencies"])


def test_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text()
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE)[1] == skvi.__version__
    assert re.search(r"^## \[(\d.+?)\]", changelog, re.MULTILINE)[1] == skvi.__version__


def test_oldest_supported_set_is_the_floors():
    lines = (ROOT / ".github" / "constraints-oldest.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert pinned == floors(PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"])


def test_extras_name_one_floor_per_package():
    seen = floors(PROJECT["dependencies"])
    for extra in PROJECT["optional-dependencies"].values():
        for name, floor in floors(extra).items():
            assert seen.setdefault(name, floor) == floor


def test_type_marker_is_shipped():
    assert (Path(skvi.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize(
    "folder", [path.parent for path in SOURCES], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_folder_of_code_is_a_package(folder):
    assert (folder / "__init__.py").is_file()


@pytest.mark.parametrize(
    "source",
    [path for path in SOURCES if not path.name.startswith("_")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_tests_mirror_the_package(source):
    inside = source.relative_to(ROOT / "skvi")
    of_the_file = inside.parent / f"test_{inside.stem}.py"
    of_its_folder = inside.parent.parent / f"test_{inside.parent.name}.py"
    assert any((ROOT / "tests" / mirror).is_file() for mirror in (of_the_file, of_its_folder))
