"""The decorator: what the compile flags promise, and kernels without the compiler."""

from __future__ import annotations

import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from skvi.numerics.jit import kernel

needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
WITHOUT_COMPILER = """
import numpy as np
from scipy import special as reference
from skvi.numerics import special
for name in ("exp", "log", "digamma", "erfcx", "log_ndtr"):
    found = getattr(special, name)(np.float64(1.3))
    np.testing.assert_allclose(found, getattr(reference, name, getattr(np, name, None))(1.3), 1e-14)
print(float(special.exp32(np.float32(1.0))))
"""


def test_package_kernels_work_without_the_compiler():
    command = [sys.executable, "-W", "error", "-c", WITHOUT_COMPILER]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert float(done.stdout) == pytest.approx(np.e, rel=1.2e-7)


def test_without_the_compiler_the_function_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)

    def twice(x):
        return 2.0 * x

    assert kernel(twice) is twice
    assert kernel(reassociate=True)(twice) is twice


@needs_compiler
def test_kernels_let_go_of_the_interpreter_lock_and_compile_on_the_first_call():
    @kernel
    def twice(x):
        return 2.0 * x

    assert twice.targetoptions["nogil"]
    assert twice.targetoptions["fastmath"] == {"contract"}
    assert not twice.signatures
    assert twice(2.0) == twice.py_func(2.0) == 4.0
    assert len(twice.signatures) == 1


@needs_compiler
def test_division_by_zero_is_infinite():
    @kernel
    def inverse(x):
        return 1.0 / x

    assert inverse(0.0) == np.inf


def test_nan_and_infinities_survive_reassociation():
    @kernel(reassociate=True)
    def total(x):
        result = 0.0
        for i in range(x.size):
            result += x[i]
        return result

    assert np.isnan(total(np.array([1.0, np.nan])))
    assert total(np.array([1.0, np.inf])) == np.inf
