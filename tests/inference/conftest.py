"""The problem every trainer is tried on."""

from __future__ import annotations

import pytest

from tests.inference.problem import make_problem


@pytest.fixture
def problem():
    return make_problem(1.0)
