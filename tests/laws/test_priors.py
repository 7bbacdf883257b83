"""Laws of every prior object: arguments are stored as given, and copies are equal."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skvi import priors
from tests._cases.priors import PRIORS

every_prior = pytest.mark.parametrize(
    "prior",
    [
        pytest.param(prior, id=f"{kind}, {name}")
        for kind, cases in PRIORS.items()
        for name, prior in cases.items()
    ],
)


def assert_same_parameters(first, second):
    assert type(first) is type(second)
    assert first.get_params().keys() == second.get_params().keys()
    for name, value in first.get_params().items():
        np.testing.assert_array_equal(value, second.get_params()[name], err_msg=name)


def test_every_public_prior_has_a_case():
    assert set(PRIORS) == set(priors.__all__)
    for kind, cases in PRIORS.items():
        assert all(type(prior).__name__ == kind for prior in cases.values())


@every_prior
def test_arguments_are_only_stored(prior):
    names = list(prior.get_params())
    assert sorted(vars(prior)) == sorted(names)
    marker = object()
    for name in names:
        assert getattr(clone(prior).set_params(**{name: marker}), name) is marker


@every_prior
def test_copies_are_equal(prior):
    assert_same_parameters(clone(prior), prior)
    assert_same_parameters(pickle.loads(pickle.dumps(prior)), prior)


@every_prior
def test_repr_names_the_prior(prior):
    assert repr(prior).startswith(type(prior).__name__ + "(")
