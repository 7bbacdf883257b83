"""The four covariance structures of Gaussian components, one per file, with the same functions.

``updated(prior, moments)``
    Posterior :class:`Components` from the prior ones and the moments of the rows.
``describe(distribution)``
    :class:`Components` of a distribution.
``initial(distribution, n_components)``
    Prior :class:`Components` from the prior of one component.
``expected_quadratic(components, moments)``
    ``sum_ik r_ik |A_k (x_i - m_k)|^2``.
``location(components)``
    Means and their posterior standard deviations.
``tail(components)``
    The posterior predictive Student-t density of each component.
"""

from __future__ import annotations

from skvi.models.gaussian_mixture.components import diagonal, full, spherical, tied
from skvi.models.gaussian_mixture.components.shared import Components, Tail

__all__ = ["STRUCTURES", "Components", "Tail"]

STRUCTURES = {"full": full, "tied": tied, "diag": diagonal, "spherical": spherical}
