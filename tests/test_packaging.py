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
PUBLIC = [path for path in SOURCES if not path.name.startswith("_")]
ONE_THING_PER_FILE = [
    path for path in PUBLIC if path.parent.name in ("families", "inference", "numerics")
]
PRIORS = [path for path in PUBLIC if path.parent.name == "priors"]


def str_of(path):
    """Name of a parametrised path in a report."""
    return str(path.relative_to(ROOT))


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


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=str_of)
def test_every_folder_of_code_is_a_package(folder):
    assert (folder / "__init__.py").is_file()


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES}), ids=str_of)
def test_tests_mirror_the_folders(folder):
    mirror = ROOT / "tests" / folder.relative_to(ROOT / "skvi")
    beside = mirror.parent.glob(f"test_{folder.name}*.py")
    assert any(mirror.rglob("test_*.py")) or any(beside)


@pytest.mark.parametrize("source", ONE_THING_PER_FILE, ids=str_of)
def test_every_file_has_a_test_file(source):
    assert (ROOT / "tests" / source.parent.name / f"test_{source.stem}.py").is_file()


@pytest.mark.parametrize("prior", PRIORS, ids=str_of)
def test_every_prior_is_named_in_a_test(prior):
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "priors").glob("test_*.py"))
    name = re.search(r"^class (\w+)", prior.read_text(), re.MULTILINE)[1]
    assert re.search(rf"\b{name}\(", tests)
