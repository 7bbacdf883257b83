"""One batch of distributions for every regime of every family.

``FAMILIES[class name][label]`` is a :class:`FamilyCase`. Extreme shapes, dimensions one to four and
huge offsets of the mean are all here; the laws say which of them they can judge.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi import families
from skvi.numerics.moments import Moments

__all__ = ["FAMILIES", "FamilyCase"]


class FamilyCase(NamedTuple):
    """A batch of distributions, and the evidence for a conjugate update of each."""

    distribution: tuple
    evidence: tuple = ()
    statistics: tuple = ()
    can_sample: bool = True
    """False where draws underflow or are singular: Monte Carlo has nothing to say."""


def matrices(n_batch, n_dims, seed, scale=1.0):
    root = np.random.RandomState(seed).normal(size=(n_batch, n_dims, n_dims + 3))
    return scale * (root @ np.swapaxes(root, -1, -2)) / (n_dims + 3)


def rows_and_moments(n_batch, n_dims, seed, offset=0.0, diagonal=False):
    """Random weighted rows, as sums for natural parameters and as centred moments."""
    rng = np.random.RandomState(seed)
    rows = offset + rng.normal(size=(n_batch, 9, n_dims))
    weights = rng.gamma(2.0, size=(n_batch, 9))
    weight = weights.sum(axis=1)
    mean = np.einsum("bn,bnd->bd", weights, rows) / weight[:, None]
    centred = rows - mean[:, None]
    pattern = "bn,bnd,bnd->bd" if diagonal else "bn,bnd,bne->bde"
    moments = Moments(weight, mean, np.einsum(pattern, weights, centred, centred))
    first, second = np.einsum("bn,bnd->bd", weights, rows), np.einsum(pattern, weights, rows, rows)
    return weight, first, second, moments


def gamma_like(family):
    evidence = (np.array([1.5, 40.0]), np.array([0.3, 20.0]))
    moderate = family(np.array([3.2, 5.5]), np.array([1.5, 0.01]))
    return {
        "moderate": FamilyCase(moderate, evidence, evidence),
        "small shape": FamilyCase(
            family(np.full(2, 1e-3), np.array([1e-3, 5.0])), evidence, evidence, can_sample=False
        ),
        "huge shape": FamilyCase(family(np.full(2, 1e8), np.array([1.0, 1e8])), evidence, evidence),
    }


def beta():
    evidence = (np.array([1.5, 40.0]), np.array([0.0, 2e6]))
    settings = {
        "moderate": ([2.5, 0.7], [1.2, 4.0], True),
        "small": ([1e-3, 1e-3], [1e-3, 3.0], False),
        "huge": ([1e8, 3e7], [1e8, 2e8], True),
        "lopsided": ([1e8, 0.4], [2.5, 1e7], True),
    }
    return {
        label: FamilyCase(
            families.Beta(np.array(success), np.array(failure)), evidence, evidence, can_sample
        )
        for label, (success, failure, can_sample) in settings.items()
    }


def dirichlet():
    settings = {
        "moderate": ([[1.0, 2.0, 3.0], [0.8, 0.9, 7.0]], True),
        "one category": ([[1.0], [3.0]], True),
        "sparse": ([[1e-3, 1e-3, 1e-3, 5.0], [1e-3, 2.0, 1e-3, 1e-3]], False),
        "huge": ([[1e8, 3e8], [1e7, 2e7]], True),
        "lopsided": ([[1e8, 1.0, 2.0], [2.0, 1e6, 0.6]], True),
    }
    cases = {}
    for label, (concentration, can_sample) in settings.items():
        distribution = families.Dirichlet(np.array(concentration))
        counts = np.random.RandomState(0).gamma(1.0, 20.0, size=np.shape(concentration))
        cases[label] = FamilyCase(distribution, (counts,), (counts,), can_sample)
    return cases


def stick_breaking():
    counts = np.array([[4.0, 0.0, 2.5, 7.0], [100.0, 3.0, 1.0, 0.5]])
    later = np.array([[9.5, 9.5, 7.0, 0.0], [4.5, 1.5, 0.5, 0.0]])
    success = np.array([[1.0, 2.0, 3.0, 1.0], [1.0, 0.9, 0.8, 4.0]])
    failure = np.array([[2.0, 2.0, 2.5, 1.5], [3.0, 0.9, 7.0, 2.0]])
    truncated = failure.copy()
    truncated[:, -1] = 0.0
    return {
        "open": FamilyCase(families.StickBreaking(success, failure), (counts,), (counts, later)),
        "truncated": FamilyCase(
            families.StickBreaking(success, truncated), (counts,), (counts, later)
        ),
        "huge": FamilyCase(
            families.StickBreaking(success * 1e7, truncated * 1e7), (counts,), (counts, later)
        ),
    }


def normal():
    cases = {}
    for n_dims, offset in ((1, 0.0), (2, -1.0), (4, 3.0), (2, 1e7)):
        mean = offset + np.random.RandomState(n_dims).normal(size=(3, n_dims))
        distribution = families.Normal(mean, matrices(3, n_dims, n_dims))
        cases[f"{n_dims} dims, offset {offset:g}"] = FamilyCase(distribution)
    return cases


def wishart():
    cases = {}
    for n_dims, degrees in ((1, 3.0), (2, 5.5), (3, 2.3), (4, 1e8)):
        weight, _, second, _ = rows_and_moments(3, n_dims, n_dims)
        distribution = families.Wishart(np.full(3, degrees), matrices(3, n_dims, n_dims, degrees))
        label = f"{n_dims} dims, {degrees:g} degrees"
        cases[label] = FamilyCase(
            distribution, (weight, second), (weight, second), can_sample=degrees > n_dims
        )
    return cases


def normal_wishart():
    cases = {}
    settings = ((1, 3.0, 0.0, 1.0), (2, 5.5, 1.0, 0.1), (3, 2.3, -5.0, 2.0), (4, 1e8, 1.0, 1e8))
    for n_dims, degrees, offset, worth in (*settings, (2, 6.0, 1e6, 3.0)):
        mean = offset + np.random.RandomState(n_dims).normal(size=(3, n_dims))
        weight, first, second, moments = rows_and_moments(3, n_dims, 7, offset)
        matrix = matrices(3, n_dims, n_dims, degrees)
        distribution = families.NormalWishart(mean, np.full(3, worth), np.full(3, degrees), matrix)
        label = f"{n_dims} dims, {degrees:g} degrees, offset {offset:g}"
        statistics = (first, weight, weight, second)
        cases[label] = FamilyCase(distribution, (moments,), statistics, can_sample=degrees > n_dims)
    return cases


def normal_gamma():
    cases = {}
    settings = ((1, 1, 3.0, 0.0), (3, 3, 2.5, 1.0), (3, 1, 4.0, -2.0), (4, 4, 1e8, 1.0))
    for n_dims, n_precisions, shape, offset in (*settings, (2, 2, 6.0, 1e6), (2, 1, 6.0, 1e6)):
        rng = np.random.RandomState(n_dims)
        weight, first, second, moments = rows_and_moments(2, n_dims, 5, offset, diagonal=True)
        distribution = families.NormalGamma(
            offset + rng.normal(size=(2, n_dims)),
            rng.gamma(2.0, size=(2, 1)),
            np.full((2, n_precisions), shape),
            shape * rng.gamma(2.0, size=(2, n_precisions)),
        )
        shared = n_dims // n_precisions
        second = second.sum(axis=-1, keepdims=True) if shared > 1 else second
        weight = weight[:, None]
        halves = np.broadcast_to(0.5 * shared * weight, (2, n_precisions))
        label = f"{n_dims} dims, {n_precisions} precisions, shape {shape:g}, offset {offset:g}"
        cases[label] = FamilyCase(distribution, (moments,), (first, weight, halves, 0.5 * second))
    return cases


def student_t(family):
    return {
        f"{degrees:g} degrees": FamilyCase(
            family(np.array([[0.5, -3.0]]), np.array([[0.1, 2.0]]), np.full((1, 2), degrees))
        )
        for degrees in (5.0, 9.5, 1e8, np.inf)
    }


def multivariate_student_t():
    cases = {}
    for n_dims, degrees in ((1, 5.0), (2, 9.5), (3, 1e8), (2, np.inf)):
        location = np.random.RandomState(n_dims).normal(size=(3, n_dims))
        distribution = families.MultivariateStudentT(
            location, matrices(3, n_dims, n_dims), np.full(3, degrees)
        )
        cases[f"{n_dims} dims, {degrees:g} degrees"] = FamilyCase(distribution)
    return cases


FAMILIES = {
    "Beta": beta(),
    "Dirichlet": dirichlet(),
    "Gamma": gamma_like(families.Gamma),
    "IndependentStudentT": student_t(families.IndependentStudentT),
    "InverseGamma": gamma_like(families.InverseGamma),
    "MultivariateStudentT": multivariate_student_t(),
    "Normal": normal(),
    "NormalGamma": normal_gamma(),
    "NormalWishart": normal_wishart(),
    "StickBreaking": stick_breaking(),
    "StudentT": student_t(families.StudentT),
    "Wishart": wishart(),
}
