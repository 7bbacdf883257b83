"""The exact posterior of one target, as a finite mixture over nodes of its scales.

q(w, intercept, sigma^2, alpha) = q(w, intercept | sigma^2, alpha) q(sigma^2 | alpha) q(alpha): no
factor is cut loose from another, so the bound is the log evidence. What cannot be integrated in
closed form is put on adaptive nodes:

* conjugate noise: nodes of ``u = log alpha`` (one node if alpha is fixed), each a
  Normal-inverse-Gamma, hence Student-t weights;
* other noise priors, or weights not scaled by the noise: nodes of ``v = log sigma^2``, or of the
  pair ``(u, v)``, each Gaussian.

Each ``integrate_*`` returns a :class:`NodeSet`. Related: Han, Liao and Carin (2013), "Integrated
non-factorized variational inference".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.linear_regression.compiled_evidence import LogJoint
from skvi.models.linear_regression.evidence import FARTHEST_LOG, conjugate_evidence
from skvi.models.linear_regression.inner import noise_nodes
from skvi.models.linear_regression.modes import (
    matters_to_variances,
    nodes_of_noise,
    nodes_of_precision,
)
from skvi.numerics.log_sum import log_sum
from skvi.priors.ridge import log_density_of_log_precision

__all__ = ["NodeSet", "integrate"]

_PRUNE = 1e-12
_LEAST_SQUARE = 1e-30  # where the search for the noise starts, at least
# Squares left of an exact fit, relative to the signal: rounding of rows that are nearly collinear.
_ROUNDING = 1e-22


class NodeSet(NamedTuple):
    """Nodes of the scales of one target, in scaled units.

    Attributes
    ----------
    weight : ndarray of shape (n_nodes,)
        Posterior probabilities.
    precision : ndarray of shape (n_nodes,)
        Prior precision of the coordinates relative to the noise.
    noise_variance : ndarray of shape (n_nodes,)
        The noise variance, or the inverse of its expected inverse.
    shape : float
        Shape of the inverse-Gamma posterior of the noise variance; inf where it is a point.
    log_evidence : float
        Log of the integral over all nodes, before any is pruned.
    kl_noise, kl_scale : float
        Divergence from their priors of the factors that live on nodes.
    piece : ndarray of shape (n_nodes,) or int
        Which piece of a conjugate noise prior a node belongs to.
    """

    weight: np.ndarray
    precision: np.ndarray
    noise_variance: np.ndarray
    shape: float
    log_evidence: float
    kl_noise: float
    kl_scale: float
    piece: np.ndarray | int = 0


def integrate(target, form):
    """The posterior of the scales of one target.

    Parameters
    ----------
    target : Target
    form : GaussianForm

    Returns
    -------
    NodeSet

    Raises
    ------
    ValueError
        If the posterior is improper.
    """
    learned = np.isnan(form.precision)
    if target.conjugate is not None and form.scaled_by_noise:
        _check_proper(target, form)
        return _over_precision(target, form) if learned else _closed_form(target, form)
    _check_bounded(target, form)
    return _over_both(target, form) if learned else _over_noise(target, form)


def fixed_precision(target, form):
    """Prior precision of the coordinates in scaled units, relative to the noise if scaled by it."""
    return form.precision * np.exp(target.log_precision_shift)


def _check_proper(target, form):
    shape = target.conjugate.shape + 0.5 * (target.weight - target.n_flat)
    exact = np.min(target.conjugate.rate) == 0.0 and _fits_exactly(target, form)
    if shape <= 0.0 or exact:
        raise ValueError(
            f"noise_prior={target.noise!r} leaves the posterior improper: it needs more rows than "
            "weights and a target that is not fitted exactly; use noise_prior=None or "
            "Gamma(shape, rate)."
        )


def _check_bounded(target, form):
    proper = target.conjugate is not None and np.min(target.conjugate.rate) > 0.0
    if not proper and _fits_exactly(target, form):
        raise ValueError(
            f"noise_prior={target.noise!r} leaves the evidence infinite: the target can be fitted "
            "exactly without noise (with an intercept, by one column less than there are rows); "
            "use noise_prior=None, Gamma(shape, rate) or fit_intercept=False."
        )


def _fits_exactly(target, form):
    """Whether the evidence has no end as the noise vanishes."""
    signal = float(np.sum(target.coordinates**2))
    if target.residual > _ROUNDING * signal:
        return False
    if target.n_flat:
        return True
    excess = target.weight - np.sum(target.eigenvalues > 0.0)
    if form.scaled_by_noise:
        # A learned alpha may follow the noise: with u = log alpha below v = log sigma^2 the
        # integrand goes as exp(u + rank u / 2 + v / 2 - n v / 2).
        return signal == 0.0 or (np.isnan(form.precision) and excess >= 3.0)
    return excess >= 1.0


def _closed_form(target, form):
    precision = np.array([fixed_precision(target, form)])
    evidence = conjugate_evidence(target, target.shrinkage(precision))
    normalizer = float(log_sum(evidence[0])[0])
    return _joined(target, precision, np.zeros(1), normalizer, evidence)


def _joined(target, precision, log_weight, log_normalizer, evidence):
    """Nodes of the precision, each with every piece of the noise prior that matters there."""
    log_evidence, shape, rate = evidence
    given = log_evidence - log_sum(log_evidence)
    keep, weight = _pruned(target, log_weight + given, precision, rate / shape)
    piece, node = np.nonzero(keep)
    kl_scale = float(weight @ log_evidence[keep]) - log_normalizer
    variance = rate[keep] / shape
    return NodeSet(weight, precision[node], variance, shape, log_normalizer, 0.0, kl_scale, piece)


def _over_precision(target, form):
    location = form.log_precision_location + target.log_precision_shift

    def evidence_at(log_precision):
        return conjugate_evidence(target, target.shrinkage(_exp(log_precision)))

    def with_noise(log_precision):
        log_evidence, shape, rate = evidence_at(log_precision)
        marginal = log_sum(log_evidence)
        prior = log_density_of_log_precision(log_precision, location)
        return marginal + prior, log_sum(log_evidence + np.log(rate / shape)) - marginal

    log_joint = LogJoint(target, location)
    nodes = nodes_of_precision(log_joint, with_noise, location, target)
    precision = np.exp(nodes.position)
    evidence = conjugate_evidence(target, target.shrinkage(precision))
    return _joined(target, precision, nodes.log_weight, nodes.log_normalizer, evidence)


def _over_noise(target, form):
    base = fixed_precision(target, form)

    def precision_at(log_variance):
        return base * (1.0 if form.scaled_by_noise else np.exp(log_variance))

    def log_evidence_at(log_variance):
        precision = np.broadcast_to(precision_at(log_variance), log_variance.shape)
        return target.log_evidence_given_noise(precision, log_variance)

    def log_joint(log_variance):
        prior = target.log_density_of_log_variance(log_variance)
        return log_evidence_at(log_variance) + prior

    squares = target.residual
    if form.scaled_by_noise:
        squares = target.quadratic(target.shrinkage(np.array([base])))[0]
    start = np.log(max(squares / target.weight, _LEAST_SQUARE))
    nodes = nodes_of_noise(log_joint, target, precision_at, start)
    precision = np.broadcast_to(precision_at(nodes.position), nodes.position.shape)
    variance = np.exp(nodes.position)
    keep, weight = _pruned(target, nodes.log_weight, precision, variance, noise_alone=True)
    position = nodes.position[keep]
    kl_noise = float(weight @ log_evidence_at(position)) - nodes.log_normalizer
    weights = weight, precision[keep], variance[keep]
    return NodeSet(*weights, np.inf, nodes.log_normalizer, kl_noise, 0.0)


def _over_both(target, form):
    location = form.log_precision_location + target.log_precision_shift

    def inner(log_precision):
        return noise_nodes(target, target.shrinkage(_exp(log_precision)))

    def log_joint(log_precision):
        prior = log_density_of_log_precision(log_precision, location)
        return inner(log_precision).log_evidence + prior

    def with_noise(log_precision):
        noise = inner(log_precision)
        prior = log_density_of_log_precision(log_precision, location)
        # The geometric mean: there may be no other.
        centre = np.sum(np.exp(noise.log_weight) * noise.log_variance, axis=1)
        return noise.log_evidence + prior, centre

    nodes = nodes_of_precision(log_joint, with_noise, location, target)
    noise = inner(nodes.position)
    joint = nodes.log_weight[:, None] + noise.log_weight
    precision = np.exp(np.broadcast_to(nodes.position[:, None], joint.shape))
    variance = np.exp(noise.log_variance)
    keep, weight = _pruned(target, joint, precision, variance)
    precision, variance = precision[keep], variance[keep]
    outer_weight = np.exp(nodes.log_weight)
    expected = float(outer_weight @ noise.log_evidence)
    given_both = target.log_evidence_given_noise(precision, noise.log_variance[keep])
    return NodeSet(
        weight,
        precision,
        variance,
        np.inf,
        nodes.log_normalizer,
        float(weight @ given_both) - expected,
        expected - nodes.log_normalizer,
    )


def _exp(log_precision):
    return np.exp(np.clip(log_precision, -FARTHEST_LOG, FARTHEST_LOG))


def _pruned(target, log_weight, precision, noise_variance, *, noise_alone=False):
    """Nodes that matter to probabilities or to a variance, and their weights."""
    weight = np.exp(log_weight)
    keep = weight > _PRUNE
    if not keep.all():
        scales = precision, noise_variance
        keep |= matters_to_variances(target, noise_alone, weight, *scales)
    weight = weight[keep]
    return keep, weight / weight.sum()
