"""Warming up compiles every kernel once, returns nothing and raises no warning."""

from __future__ import annotations

import subprocess
import sys

import numba
import pytest

CODE = """
import gc
import skvi
from numba.core.dispatcher import Dispatcher

def compiled():
    kernels = [thing for thing in gc.get_objects() if isinstance(thing, Dispatcher)]
    ours = [kernel for kernel in kernels if kernel.py_func.__module__.startswith("skvi")]
    return sum(len(kernel.signatures) for kernel in ours)

assert skvi.warm_up() is None
first = compiled()
skvi.warm_up()
print(first > 0, compiled() == first)
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_warm_up_compiles_once():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]
