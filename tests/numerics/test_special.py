"""Special functions against mpmath, alone and inside other kernels."""

import math

import mpmath
import numba
import numpy as np
import pytest
from mpmath import mp

from skvi.numerics import special
from skvi.numerics.jit import kernel

ROOT = 1.4616321449683622
SMALLEST_NORMAL = np.finfo(float).tiny
TOLERANCE = 1e-13


def grid(low, high, n):
    return np.logspace(low, high, n)


def reference_trigamma(x):
    if x > 1e6:
        return 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3) - 1 / (30 * x**5)
    return mp.psi(1, x)


def reference_erfcx(x):
    if x > 1e5:
        return (1 - 1 / (2 * x**2) + 3 / (4 * x**4)) / (x * mp.sqrt(mp.pi))
    return mp.exp(x * x) * mp.erfc(x)


def reference_log_ndtr(x):
    if x < -1e5:
        return -x * x / 2 - mp.log(-x) - mp.log(2 * mp.pi) / 2 - 1 / x**2
    if x > 0:
        return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2)
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def reference_exp_e1(c):
    if c > 1e3:
        return sum((-1) ** k * mp.factorial(k) / c**k for k in range(30)) / c
    return mp.exp(c) * mp.e1(c)


NEAR_ROOT = np.concatenate([ROOT + sign * grid(-16, -0.5, 60) for sign in (1, -1)] + [[ROOT]])
NEAR_ONE_AND_TWO = np.concatenate([1 + grid(-15, -1, 20), 2 - grid(-15, -1, 20), [1.0, 2.0]])
FUNCTIONS = {
    "exp": (mp.exp, [np.linspace(-708, 709.78, 300), grid(-320, 2.8, 80), -grid(-320, 2.8, 80)]),
    "log": (mp.log, [grid(-323, 308.2, 300), np.linspace(0.5, 2, 101), 1 - grid(-16, -1, 40)]),
    "digamma": (mp.digamma, [grid(-307, 307, 200), np.linspace(0.01, 30, 200), NEAR_ROOT]),
    "trigamma": (reference_trigamma, [grid(-153, 307, 200), np.linspace(0.01, 30, 200)]),
    "log_gamma": (
        mp.loggamma,
        [grid(-307, 305, 200), np.linspace(0.01, 30, 200), NEAR_ONE_AND_TWO],
    ),
    "erfcx": (
        reference_erfcx,
        [grid(-300, 300, 200), -grid(-300, 1.42, 100), np.linspace(-26.6, 13, 400)],
    ),
    "log_ndtr": (
        reference_log_ndtr,
        [-grid(-300, 153, 200), grid(-300, 1.57, 100), np.linspace(-12, 37, 400)],
    ),
    "exp_e1": (reference_exp_e1, [grid(-307, 307, 200), np.linspace(0.01, 100, 400)]),
}
SPECIAL_VALUES = [0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 5e-324]
AT_SPECIAL_VALUES = {
    "exp": [1.0, 1.0, np.inf, 0.0, np.nan, math.exp(-1.0), 1.0],
    "log": [-np.inf, -np.inf, np.inf, np.nan, np.nan, np.nan, math.log(5e-324)],
    "digamma": [-np.inf, np.inf, np.inf, np.nan, np.nan, np.nan, -np.inf],
    "trigamma": [np.inf, np.inf, 0.0, np.nan, np.nan, np.nan, np.inf],
    "log_gamma": [np.inf, np.inf, np.inf, np.nan, np.nan, np.nan, -math.log(5e-324)],
    "erfcx": [1.0, 1.0, 0.0, np.inf, np.nan, math.e * math.erfc(-1.0), 1.0],
    "log_ndtr": [math.log(0.5)] * 2
    + [0.0, -np.inf, np.nan, math.log(0.5 * math.erfc(math.sqrt(0.5))), math.log(0.5)],
    "exp_e1": [np.inf, np.inf, 0.0, np.nan, np.nan, np.nan, -math.log(5e-324) - np.euler_gamma],
}


needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def in_a_loop(function):
    """A kernel that applies a function to every element."""

    @kernel
    def loop(x, result):
        for i in range(x.size):
            result[i] = function(x[i])

    def apply(x):
        result = np.empty_like(x)
        loop(x, result)
        return result

    return apply, loop


@pytest.fixture(scope="module")
def compiled():
    return {name: in_a_loop(getattr(special, name)) for name in FUNCTIONS}


def relative_error(found, x, reference):
    with mp.workdps(60):
        exact = reference(mpmath.mpf(float(x)))
        if abs(exact) < SMALLEST_NORMAL:
            # Denormal numbers have an absolute precision only.
            return float(abs(found - exact) / SMALLEST_NORMAL) * 0.1
        return float(abs((found - exact) / exact))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_against_mpmath(name, compiled):
    if name == "log_gamma" and numba.config.DISABLE_JIT:
        pytest.skip("as plain Python it is math.lgamma, which is another program")
    reference, parts = FUNCTIONS[name]
    x = np.concatenate(parts)
    found = compiled[name][0](x)
    errors = [relative_error(value, at, reference) for value, at in zip(found, x, strict=True)]
    assert max(errors) < TOLERANCE, x[int(np.argmax(errors))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values(name, compiled):
    found = compiled[name][0](np.array(SPECIAL_VALUES))
    np.testing.assert_allclose(found, AT_SPECIAL_VALUES[name], rtol=1e-14)


@needs_compiler
@pytest.mark.parametrize("name", FUNCTIONS)
def test_alone_and_pasted_into_another_kernel(name, compiled):
    function = getattr(special, name)
    pasted, _ = in_a_loop(kernel(inline="always")(function.py_func))
    x = np.concatenate([*FUNCTIONS[name][1], SPECIAL_VALUES])[::7].copy()
    expected = compiled[name][0](x)
    np.testing.assert_allclose(pasted(x), expected, rtol=TOLERANCE)
    np.testing.assert_allclose([function(value) for value in x], expected, rtol=TOLERANCE)


@needs_compiler
@pytest.mark.parametrize("name", ["exp", "log", "digamma", "trigamma"])
def test_loops_are_vectorised(name, compiled):
    _, loop = compiled[name]
    (code,) = loop.inspect_llvm().values()
    assert any(f"fmul contract <{lanes} x double>" in code for lanes in (2, 4, 8))


def test_exp_inside_a_reordered_sum():
    """The callee keeps its own flags, so its rounding trick survives in a reassociating caller."""

    @kernel(reassociate=True)
    def total(x):
        result = 0.0
        for i in range(x.size):
            result += special.exp(x[i]) + special.log(special.exp(x[i]))
        return result

    x = np.linspace(-30.0, 5.0, 1001)
    assert total(x) == pytest.approx(np.exp(x).sum() + x.sum(), rel=1e-13)


def test_exp_range():
    assert special.exp(709.782) == pytest.approx(math.exp(709.782), rel=1e-15)
    assert special.exp(709.79) == np.inf
    assert special.exp(-745.1) == math.exp(-745.1) > 0.0
    assert special.exp(-745.2) == 0.0
    assert special.exp(-1e308) == 0.0
    assert special.exp(1e308) == np.inf


@needs_compiler
def test_exp32():
    apply, loop = in_a_loop(special.exp32)
    x = np.linspace(-87.3, 88.7, 20001, dtype=np.float32)
    found = apply(x)
    assert found.dtype == np.float32
    assert np.abs(found / np.exp(x.astype(float)) - 1.0).max() < 1.2e-7
    ends = np.array([0.0, np.inf, -np.inf, np.nan, 88.8, -87.4], dtype=np.float32)
    np.testing.assert_array_equal(apply(ends), [1.0, np.inf, 0.0, np.nan, np.inf, 0.0])
    assert any(
        f"<{n} x float>" in code for code in loop.inspect_llvm().values() for n in (4, 8, 16)
    )


def pairs():
    """Bases and increments over hundreds of decades, among them increments that nearly cancel."""
    rng = np.random.default_rng(0)
    a = 10.0 ** rng.uniform(-20, 15, 160)
    n = 10.0 ** rng.uniform(-20, 15, 160)
    n[::4] = -a[::4] * rng.uniform(0, 1, 40)
    a[1::8] = 10.0 ** rng.uniform(-300, 150, a[1::8].size)
    n[5::8] = 10.0 ** rng.uniform(-250, 150, n[5::8].size)
    return a, n


@pytest.mark.parametrize(
    ("function", "reference"),
    [
        (special.log_gamma_difference, mp.loggamma),
        (special.digamma_difference, mp.digamma),
    ],
)
def test_differences_against_mpmath(function, reference):
    for a, n in zip(*pairs(), strict=True):
        # Subtraction loses as many digits as the increment lies below the base.
        with mp.workdps(60 + int(abs(np.log10(abs(n) / a))) + int(abs(np.log10(a)))):
            exact = reference(mpmath.mpf(a) + mpmath.mpf(n)) - reference(mpmath.mpf(a))
            assert abs(mpmath.mpf(function(a, n)) / exact - 1) < TOLERANCE, (a, n)


@pytest.mark.parametrize("function", [special.log_gamma_difference, special.digamma_difference])
def test_differences_at_special_values(function):
    assert function(3.0, 0.0) == 0.0
    assert function(np.inf, 0.0) == 0.0
    for a, n in [(-1.0, 2.0), (0.0, 1.0), (1.0, -1.0), (np.nan, 1.0), (1.0, np.nan)]:
        assert np.isnan(function(a, n))


def test_log_gamma_difference_of_counts():
    """Differences by whole numbers are logarithms of rising factorials."""
    assert special.log_gamma_difference(1.0, 1.0) == pytest.approx(0.0, abs=1e-14)
    for a in (1e-12, 0.3, 5.0, 1e6, 1e12):
        expected = math.log(a) + math.log(a + 1.0) + math.log(a + 2.0)
        assert special.log_gamma_difference(a, 3.0) == pytest.approx(expected, rel=1e-14)
    assert special.log_gamma_difference(np.inf, 1.0) == np.inf
    assert special.log_gamma_difference(np.inf, -1.0) == -np.inf


def test_scalar_digamma():
    for x in np.concatenate([grid(-300, 300, 100), np.linspace(0.01, 30, 200), [ROOT]]):
        expected = float(mp.digamma(mp.mpf(float(x))))
        assert special.scalar_digamma(float(x)) == pytest.approx(expected, rel=1e-14, abs=1e-14)
    assert all(math.isnan(special.scalar_digamma(x)) for x in (0.0, -1.0, -np.inf, np.nan))
