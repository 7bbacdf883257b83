"""Gaussian mixtures written out the slow way: scipy densities, loops, and one row at a time.

A prior is a dictionary of plain numbers: ``m, beta, nu, Psi`` for full and tied covariances,
``m, beta, a, b`` for diagonal and spherical ones (``b`` a vector or a number).
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.special import betaln, digamma, gammaln, logsumexp, multigammaln

MATRICES = ("full", "tied")


def plain_prior(prior, structure):
    """The numbers of one component in a MixturePrior."""
    distribution = prior.components.distribution
    if structure == "tied":
        mean, beta, nu, scale = distribution
        return {"m": mean[0], "beta": float(beta[0]), "nu": float(nu), "Psi": scale}
    if structure == "full":
        mean, beta, nu, scale = distribution
        return {"m": mean, "beta": float(beta), "nu": float(nu), "Psi": scale}
    mean, beta, shape, rate = distribution
    return {"m": mean, "beta": float(beta[0]), "a": float(shape[0]), "b": np.array(rate)}


def log_marginal(X, labels, n_components, prior, structure):
    """log p(X | labels) as a product of one-row Student-t predictive densities."""
    m = np.tile(np.asarray(prior["m"], dtype=float), (n_components, 1))
    beta = np.full(n_components, prior["beta"])
    spread = {
        k: np.array(prior["Psi" if structure in MATRICES else "b"], dtype=float)
        for k in range(n_components)
    }
    count = np.full(n_components, prior["nu" if structure in MATRICES else "a"], dtype=float)
    total = 0.0
    for x, label in zip(X, labels, strict=True):
        k = 0 if structure == "tied" else label
        square = (1.0 + 1.0 / beta[label]) * spread[k]
        total += _log_student(x, m[label], square, count[k], structure)
        delta = x - m[label]
        shrink = beta[label] / (beta[label] + 1.0)
        if structure in MATRICES:
            spread[k] = spread[k] + shrink * np.outer(delta, delta)
            count[k] += 1.0
        elif structure == "diag":
            spread[k] = spread[k] + 0.5 * shrink * delta**2
            count[k] += 0.5
        else:
            spread[k] = spread[k] + 0.5 * shrink * delta @ delta
            count[k] += 0.5 * len(x)
        m[label] += delta / (beta[label] + 1.0)
        beta[label] += 1.0
    return total


def _log_student(x, mean, square, count, structure):
    n_features = len(x)
    if structure in MATRICES:
        df = count - n_features + 1.0
        return log_multivariate_t(x - mean, square / df, df)
    if structure == "diag":
        scales = square[:, None, None] / count
        parts = zip(x - mean, scales, strict=True)
        return sum(log_multivariate_t(gap[None], scale, 2.0 * count) for gap, scale in parts)
    return log_multivariate_t(x - mean, square[0] / count * np.eye(n_features), 2.0 * count)


def log_multivariate_t(gap, shape, df):
    """Log-density of a multivariate Student-t at a distance ``gap`` from its location."""
    n_features = len(gap)
    square = gap @ np.linalg.solve(shape, gap)
    constant = (
        gammaln((df + n_features) / 2) - gammaln(df / 2) - n_features / 2 * np.log(df * np.pi)
    )
    log_tail = (df + n_features) / 2 * np.log1p(square / df)
    return constant - 0.5 * np.linalg.slogdet(shape)[1] - log_tail


def log_prior_of_labels(labels, weights, order=None):
    """log p(labels) under a Dirichlet or sticks; ``order[j]`` is the component on stick j."""
    n_components = len(weights[0])
    counts = np.bincount(labels, minlength=n_components).astype(float)
    if len(weights) == 1:
        a = weights[0]
        return (
            (gammaln(a + counts) - gammaln(a)).sum()
            + gammaln(a.sum())
            - gammaln((a + counts).sum())
        )
    counts = counts if order is None else counts[list(order)]
    total = 0.0
    for k in range(n_components - 1):
        success, failure = weights.success[k], weights.failure[k]
        after = counts[k + 1 :].sum()
        total += betaln(success + counts[k], failure + after) - betaln(success, failure)
    return total


def log_evidence(X, n_components, prior, weights, structure):
    """Exact log evidence: the sum over all labelings."""
    known, parts = {}, []
    for labels in itertools.product(range(n_components), repeat=len(X)):
        names = list(dict.fromkeys(labels))
        partition = tuple(names.index(label) for label in labels)
        if partition not in known:
            known[partition] = log_marginal(X, partition, n_components, prior, structure)
        parts.append(log_prior_of_labels(np.array(labels), weights) + known[partition])
    return logsumexp(parts)


def naive_posterior(X, w, r, n_components, prior, structure):
    """Posterior numbers of every component from responsibilities, by loops."""
    out = []
    for k in range(n_components):
        rw = r[:, k] * w
        n = rw.sum()
        mean = rw @ X / n
        beta = prior["beta"] + n
        gap = prior["beta"] * n / beta * np.outer(mean - prior["m"], mean - prior["m"])
        scatter = (X - mean).T @ ((X - mean) * rw[:, None]) + gap
        out.append({"m": (prior["beta"] * prior["m"] + n * mean) / beta, "beta": beta, "n": n})
        if structure in MATRICES:
            out[k].update(nu=prior["nu"] + n, Psi=prior["Psi"] + scatter)
        elif structure == "diag":
            out[k].update(a=prior["a"] + n / 2, b=prior["b"] + np.diag(scatter) / 2)
        else:
            n_features = X.shape[1]
            out[k].update(a=prior["a"] + n * n_features / 2, b=prior["b"] + np.trace(scatter) / 2)
    if structure == "tied":
        nu = prior["nu"] + sum(c["n"] for c in out)
        scale = prior["Psi"] + sum(c["Psi"] - prior["Psi"] for c in out)
        for c in out:
            c.update(nu=nu, Psi=scale)
    return out


def expected_log_densities(X, components, structure):
    """E log N(x_i | k), of shape (n, K)."""
    n_features = X.shape[1]
    out = np.empty((len(X), len(components)))
    for k, c in enumerate(components):
        delta = X - c["m"]
        if structure in MATRICES:
            half = (c["nu"] - np.arange(n_features)) / 2
            log_det = digamma(half).sum() + n_features * np.log(2) - np.linalg.slogdet(c["Psi"])[1]
            quadratic = np.einsum("ij,ij->i", delta, np.linalg.solve(c["Psi"], delta.T).T) * c["nu"]
        else:
            precision = np.broadcast_to(c["a"] / c["b"], (n_features,))
            log_det = np.broadcast_to(digamma(c["a"]) - np.log(c["b"]), (n_features,)).sum()
            quadratic = (delta**2 * precision).sum(axis=1)
        spread = n_features / c["beta"]
        out[:, k] = 0.5 * (log_det - n_features * np.log(2 * np.pi) - spread - quadratic)
    return out


def kl_components(components, prior, structure):
    """KL divergence of all component parameters from their prior."""
    total = 0.0
    for k, c in enumerate(components):
        delta = c["m"] - prior["m"]
        n_features = len(delta)
        if structure in MATRICES:
            quadratic = c["nu"] * delta @ np.linalg.solve(c["Psi"], delta)
            total += _kl_wishart(c, prior) if structure == "full" or k == 0 else 0.0
        else:
            quadratic = (np.broadcast_to(c["a"] / c["b"], (n_features,)) * delta**2).sum()
            total += _kl_gamma(c["a"], c["b"], prior["a"], prior["b"]).sum()
        ratio = prior["beta"] / c["beta"]
        total += 0.5 * (n_features * (ratio - 1 - np.log(ratio)) + prior["beta"] * quadratic)
    return total


def _kl_wishart(q, p):
    n_features = len(q["m"])
    half = (q["nu"] - np.arange(n_features)) / 2
    log_det_scale, log_det_prior = np.linalg.slogdet(q["Psi"])[1], np.linalg.slogdet(p["Psi"])[1]
    log_det = digamma(half).sum() + n_features * np.log(2) - log_det_scale

    def log_constant(nu, log_scale):
        constant = nu * n_features / 2 * np.log(2) + multigammaln(nu / 2, n_features)
        return nu / 2 * log_scale - constant

    trace = np.trace(np.linalg.solve(q["Psi"], p["Psi"]))
    gain = log_constant(q["nu"], log_det_scale) - log_constant(p["nu"], log_det_prior)
    return gain + (q["nu"] - p["nu"]) / 2 * log_det + q["nu"] / 2 * (trace - n_features)


def _kl_gamma(a, b, a0, b0):
    gain = gammaln(a0) - gammaln(a) + a0 * (np.log(b) - np.log(b0))
    return np.atleast_1d(gain + (a - a0) * digamma(a) + a * (b0 - b) / b)


def kl_weights(q, p):
    """KL divergence of a Dirichlet, or of sticks with a truncated last one, from the prior."""
    if len(q) == 1:
        a, b = q[0], p[0]
        normalizers = gammaln(a.sum()) - gammaln(a).sum() - gammaln(b.sum()) + gammaln(b).sum()
        return normalizers + (a - b) @ (digamma(a) - digamma(a.sum()))
    total = 0.0
    for s, f, s0, f0 in zip(q[0][:-1], q[1][:-1], p[0][:-1], p[1][:-1], strict=True):
        total += betaln(s0, f0) - betaln(s, f)
        total += (s - s0) * (digamma(s) - digamma(s + f)) + (f - f0) * (digamma(f) - digamma(s + f))
    return total
