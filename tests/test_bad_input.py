"""Thousands of strange inputs: a finite answer, or an error that says what is wrong.

Every example draws a table (shape, dtype, scale, constant or duplicate columns, missing and
infinite entries), weights and parameters, some of them not allowed. Nothing may be mutated, no
other exception may escape, and a fit that succeeds must predict finite numbers.
"""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skvi import (
    SVI,
    Dirichlet,
    DirichletProcess,
    Flat,
    Gamma,
    HalfCauchy,
    HalfStudentT,
    Memoized,
    Normal,
    NormalWishart,
    PitmanYor,
    Ridge,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
)

N_EXAMPLES = 2000

DTYPES = [np.float64, np.float64, np.float32, np.int64, np.int8, np.bool_]


@st.composite
def tables(draw):
    """A table that may be anything a user could hand in."""
    n, p = draw(st.integers(0, 12)), draw(st.integers(0, 5))
    rng = np.random.RandomState(draw(st.integers(0, 2**31 - 1)))
    dtype = draw(st.sampled_from(DTYPES))
    exponents = [draw(st.sampled_from([0, 0, 0, 3, -3, 30, -30, 150, -150])) for _ in range(p)]
    X = rng.normal(draw(st.sampled_from([0.0, 1.0, 1e6])), 1.0, size=(n, p))
    if p and draw(st.booleans()):
        X[:, draw(st.integers(0, p - 1))] = draw(st.sampled_from([0.0, 1.0, -7.5]))
    if p > 1 and draw(st.booleans()):
        X[:, 0] = X[:, 1]
    if n > 1 and draw(st.booleans()):
        X[draw(st.integers(0, n - 1))] = X[0]
    if np.issubdtype(dtype, np.floating):
        limit = 150 if dtype is np.float64 else 12
        X = X * 10.0 ** np.clip(exponents, -limit, limit)
        if n and p and draw(st.integers(0, 9)) == 0:
            X[0, 0] = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
        if p and dtype is np.float64 and draw(st.integers(0, 9)) == 0:
            with np.errstate(over="ignore", under="ignore"):
                X[:, -1] *= draw(st.sampled_from([1e-300, 1e-200, 1e100, 1e200]))
    else:
        X = np.clip(X, -100, 100)
    order = draw(st.sampled_from("CF"))
    return np.asarray(X.astype(dtype), order=order)


@st.composite
def weights(draw, n):
    """Weights: mostly none or sound, sometimes all zero, negative, not finite or too many."""
    kinds = [
        "none",
        "none",
        "ones",
        "random",
        "uneven",
        "zeros",
        "negative",
        "nan",
        "one nan",
        "long",
    ]
    kind = draw(st.sampled_from(kinds))
    rng = np.random.RandomState(draw(st.integers(0, 2**31 - 1)))
    values = {
        "none": None,
        "ones": np.ones(n),
        "random": rng.randint(0, 4, size=n).astype(float),
        "uneven": 10.0 ** rng.uniform(-draw(st.sampled_from([20.0, 150.0])), 6.0, size=n),
        "one nan": np.array(np.nan),
        "zeros": np.zeros(n),
        "negative": -np.ones(n),
        "nan": np.full(n, np.nan),
        "long": np.ones(n + 1),
    }
    return values[kind]


WEIGHT_PRIORS = [
    "ridge", "flat", Ridge(), Ridge(1.0), Ridge(-1.0), Ridge("a"), Ridge(1e-12), Flat(), Normal(),
    Ridge(True), Ridge(1e305), Normal(1e200), Normal(0.0, 1e-320), Ridge(1e300), Ridge(1e-300),
    Ridge(1e-90), Normal(1e150), Normal(0.0, 1e300), Normal(0.0, 1e-300), Normal(0.0, 1e90),
    Normal(0.0, 4.0), Normal(0.0, -np.eye(3)), Normal(np.zeros(3), np.eye(3)), "horseshoe", 3,
]  # fmt: skip
NOISE_PRIORS = [
    None, None, Gamma(1.0, 1.0), Gamma(-1.0, 1.0), HalfCauchy(2.0), HalfStudentT(3.0, 1.0),
    HalfStudentT(np.inf, 1.0), HalfCauchy(0.0), Flat(), "gamma", Gamma(1e20, 1.0),
    Gamma(1.0, 1e300), Gamma(1e-100, 1e-300), Gamma(1e8, 1e90), HalfCauchy(1e150),
    HalfCauchy(1e-40), HalfStudentT(1e-100, 1e-150), HalfStudentT(1e100, 1e-9),
]  # fmt: skip
SOLVERS = [
    "auto", "cavi", "memoized", SVI(batch_size=4), SVI(batch_size=0), Memoized(n_batches=2), "x",
]  # fmt: skip

regressions = st.builds(
    VariationalBayesianRegression,
    prior=st.sampled_from(WEIGHT_PRIORS),
    noise_prior=st.sampled_from(NOISE_PRIORS),
    family=st.sampled_from(["structured", "structured", "mean_field", "other"]),
    fit_intercept=st.sampled_from([True, True, False, "yes"]),
    solver=st.sampled_from(SOLVERS),
    max_iter=st.sampled_from([1, 5, 20, 0, -1]),
    tol=st.sampled_from([1e-3, 1e-3, 0.0, -1.0]),
)

mixtures = st.builds(
    VariationalGaussianMixture,
    st.sampled_from([1, 2, 3, 30, 0, 1.5]),
    covariance_type=st.sampled_from(["full", "tied", "diag", "spherical", "cubic"]),
    prior=st.sampled_from(
        [
            None,
            None,
            NormalWishart(),
            NormalWishart(mean_precision=-1.0),
            NormalWishart(scale_matrix=1.0),
            NormalWishart(scale_matrix=-np.eye(2)),
            NormalWishart(degrees_of_freedom=0.5),
            NormalWishart(mean=np.zeros(2)),
            NormalWishart(mean=1e200),
            NormalWishart(mean=1e20),
            NormalWishart(scale_matrix=1e-310),
            "wishart",
        ]
    ),  # fmt: skip
    weight_prior=st.sampled_from(
        [
            "dirichlet",
            "dirichlet_process",
            "pitman_yor",
            Dirichlet(0.5),
            Dirichlet(0.0),
            DirichletProcess(2.0),
            PitmanYor(1.0, 0.25),
            PitmanYor(1.0, 1.5),
            "beta",
        ]
    ),  # fmt: skip
    solver=st.sampled_from(SOLVERS),
    n_init=st.sampled_from([1, 1, 2, 0]),
    max_iter=st.sampled_from([1, 3, 10, 0]),
    tol=st.sampled_from([1e-3, 0.0, -1.0]),
    random_state=st.sampled_from([0, 1, "seed"]),
)


def copies(*arrays):
    return [None if a is None else a.copy() for a in arrays]


def unchanged(arrays, before):
    for array, old in zip(arrays, before, strict=True):
        if array is not None:
            np.testing.assert_array_equal(array, old)


def attempt(estimator, *arguments, **keywords):
    """Fit; True where it worked, False where it was refused with a clear message."""
    parameters = estimator.get_params(deep=False)
    before = {name: repr(value) for name, value in parameters.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            estimator.fit(*arguments, **keywords)
        except (ValueError, TypeError) as refusal:
            message = str(refusal)
        else:
            message = None
    if message is not None:
        assert_names_an_argument(message, parameters)
        with pytest.raises(NotFittedError):
            estimator.predict(np.zeros((1, 1)))
        return False
    after = estimator.get_params(deep=False)
    assert all(after[name] is parameters[name] for name in after)
    assert {name: repr(value) for name, value in after.items()} == before
    return True


def assert_names_an_argument(message, parameters):
    names = "|".join(["X", "y", "sample_weight", "Sample weights", *parameters])
    assert re.search(rf"\b({names})\b", message), f"names no argument: {message!r}"
    assert len(message) > 15, f"says too little: {message!r}"


def elsewhere(data, X):
    """Rows to predict that are nowhere near those of the fit, but of an allowed size."""
    scale = data.draw(st.sampled_from([1.0, 1e10, 1e100, 1e140, 1e-100]))
    with np.errstate(over="ignore", under="ignore"):
        rows = X[:3].astype(np.float64) * scale
    return np.clip(rows, -1e149, 1e149)


def attempt_more(data, estimator, X, *others):
    """Further rows, perhaps of quite another size; a refusal leaves the fit as it was."""
    before = estimator.elbo_
    scale = data.draw(st.sampled_from([1.0, 1.0, 1e-200, 1e200, np.nan]))
    with np.errstate(over="ignore", under="ignore"):
        X = X.astype(np.float64) * scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            estimator.partial_fit(X, *others)
        except ValueError as refusal:
            message = str(refusal)
        else:
            message = None
    if message is not None:
        assert_names_an_argument(message, estimator.get_params(deep=False))
        assert estimator.elbo_ == before
    assert_finite("elbo_ after partial_fit", estimator.elbo_)


def assert_finite(name, values):
    assert np.all(np.isfinite(values)), f"{name} is not finite: {values}"


@settings(max_examples=N_EXAMPLES)
@given(st.data())
def test_regression(data):
    X = data.draw(tables())
    n = len(X)
    rng = np.random.RandomState(data.draw(st.integers(0, 2**31 - 1)))
    n_targets = data.draw(st.sampled_from([0, 0, 0, 2]))
    scale = data.draw(st.sampled_from([1.0, 1.0, 0.0, 1e6, 1e-150, 1e150, 1e-310, 1e200]))
    y = scale * rng.normal(size=(n, n_targets) if n_targets else n)
    if data.draw(st.integers(0, 19)) == 0:
        y = data.draw(st.sampled_from([None, y[:-1], y.astype(str), np.full(y.shape, np.nan)]))
    sample_weight = data.draw(weights(n))
    estimator = data.draw(regressions)
    arrays = [X, y, sample_weight]
    before = copies(*arrays)
    fitted = attempt(estimator, X, y, sample_weight=sample_weight)
    unchanged(arrays, before)
    if not fitted:
        return
    assert_finite("elbo_", estimator.elbo_)
    assert_finite("coef_", estimator.coef_)
    assert_finite("intercept_", estimator.intercept_)
    assert_finite("predict", estimator.predict(X))
    assert_finite("interval", estimator.predict_interval(X[:2]))
    assert np.all(np.diff(estimator.predict_interval(X[:2]), axis=-1) > 0.0)
    assert not np.any(np.isnan(estimator.predict(X, return_std=True)[1]))
    far = elsewhere(data, X)
    assert not np.any(np.isnan(estimator.predict(far, return_std=True)[1]))
    assert not np.any(np.isnan(estimator.predict_interval(far)))
    attempt_more(data, estimator, X, y)
    unchanged(arrays, before)


@settings(max_examples=N_EXAMPLES)
@given(st.data())
def test_mixture(data):
    X = data.draw(tables())
    sample_weight = data.draw(weights(len(X)))
    estimator = data.draw(mixtures)
    arrays = [X, sample_weight]
    before = copies(*arrays)
    fitted = attempt(estimator, X, sample_weight=sample_weight)
    unchanged(arrays, before)
    if not fitted:
        return
    assert_finite("elbo_", estimator.elbo_)
    assert_finite("means_", estimator.means_)
    assert estimator.weights_.sum() == pytest.approx(1.0)
    assert_finite("score_samples", estimator.score_samples(X))
    proba = estimator.predict_proba(X)
    assert_finite("predict_proba", proba)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-5)
    assert_finite("sample", estimator.sample(3)[0])
    far = elsewhere(data, X)
    assert_finite("score_samples far away", estimator.score_samples(far))
    assert_finite("predict_proba far away", estimator.predict_proba(far))
    attempt_more(data, estimator, X)
    unchanged(arrays, before)
