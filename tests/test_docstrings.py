"""Public docstrings follow numpydoc and name every parameter."""

from __future__ import annotations

import inspect

import pytest
from numpydoc.validate import validate

import skvi

CHECKED = {
    "GL05",  # tabs
    "GL06",  # unknown section
    "GL07",  # sections in the wrong order
    "GL08",  # no docstring
    "PR01",  # parameters not documented
    "PR02",  # unknown parameters
    "PR03",  # parameters in the wrong order
    "PR07",  # parameter without description
    "SS01",  # no summary
    "SS03",  # summary without full stop
    "SS06",  # summary on several lines
}


def documented(name):
    """Qualified names of a public object and of the public methods skvi defines on it."""
    value = getattr(skvi, name)
    home = f"{value.__module__}.{value.__qualname__}"
    yield home
    if inspect.isclass(value):
        for method, function in inspect.getmembers(value, inspect.isfunction):
            if not method.startswith("_") and function.__module__.startswith("skvi"):
                yield f"{home}.{method}"


@pytest.mark.parametrize("name", [name for name in skvi.__all__ if name != "__version__"])
def test_docstrings_follow_numpydoc(name):
    faults = {
        (place, code, message)
        for place in documented(name)
        for code, message in validate(place)["errors"]
        if code in CHECKED
        and not (
            code == "PR07" and place.count(".") > getattr(skvi, name).__module__.count(".") + 1
        )
    }
    assert faults == set()
