"""One linear predictor, any likelihood, a Gaussian posterior of the weights.

With ``eta = A w`` and ``q(w) = N(mu, Lambda^-1)`` every row has a normal predictor ``N(m, v)``, and
a likelihood gives the expected log density there, its slope ``g`` and its curvature ``lam``. Then

    Lambda = Q + A' diag(lam) A,    Lambda mu = Q mu_0 + A' (g + lam m)

is a natural-gradient step of length one on the exact bound (Khan and Lin, 2017), and a blend of two
such pairs a shorter one. No bound is taken on the likelihood.
"""

from __future__ import annotations

from skvi.models.linear_predictor.model import LinearPredictorModel

__all__ = ["LinearPredictorModel"]
