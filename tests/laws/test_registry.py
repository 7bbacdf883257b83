"""The registry of cases is complete: a class of the package without a case fails here.

Classes are found by what they are, in every module, whether it exports them or not.
"""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import skvi
from skvi import families, priors
from skvi.base import VariationalEstimator
from skvi.priors._base import PriorBase
from skvi.priors._scales import ScaleMixturePrior
from tests.cases import ESTIMATORS, FAMILIES, MODELS, PRIORS

VERBS = ("prior", "start", "summarize", "update", "bound")
# A predictive distribution is no factor of a posterior, and a scale mixture is a prior: the laws of
# families are not theirs.
PREDICTIVE = {"CompoundDistribution", "DiscreteCompound", "ScaleMixture", "StudentTMixture"}


def classes():
    """All classes that are defined in the package and have no underscore."""
    modules = [import_module(m.name) for m in pkgutil.walk_packages(skvi.__path__, "skvi.")]
    return [
        value
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and not name.startswith("_")
    ]


def names(kinds):
    """Names of some classes."""
    return {kind.__name__ for kind in kinds}


def model_classes():
    """Classes with the five verbs, but for the protocol that names them."""
    return [
        c
        for c in classes()
        if all(hasattr(c, v) for v in VERBS) and not c.__module__.startswith("skvi.inference.")
    ]


def test_every_family_has_a_case():
    found = names(c for c in classes() if c.__module__.startswith("skvi.families."))
    assert found - PREDICTIVE == set(families.__all__) == set(FAMILIES)


def test_every_family_of_the_registry_has_cases_of_its_own_kind():
    for name, cases in FAMILIES.items():
        assert cases, name
        for case in cases.values():
            assert type(case.distribution).__name__ == name


def test_every_prior_has_a_case():
    bases = PriorBase, ScaleMixturePrior
    found = names(c for c in classes() if issubclass(c, PriorBase) and c not in bases)
    assert found - {"GammaMixture"} == set(priors.__all__)  # what None stands for
    assert set(PRIORS) == set(priors.__all__)
    for name, cases in PRIORS.items():
        assert {type(prior).__name__ for prior in cases.values()} == {name}


def test_every_model_has_a_case():
    assert len(model_classes()) >= 2
    assert set(MODELS) == names(model_classes())
    for name, cases in MODELS.items():
        assert {type(case.make()).__name__ for case in cases.values()} == {name}


def test_every_public_estimator_has_a_case():
    kinds = (c for c in classes() if issubclass(c, VariationalEstimator))
    estimators = names(c for c in kinds if "__init__" in vars(c))  # others are bases of these
    assert len(estimators) >= 2
    assert set(ESTIMATORS) == estimators <= set(skvi.__all__)
    for name, cases in ESTIMATORS.items():
        assert {type(estimator).__name__ for estimator in cases} == {name}
