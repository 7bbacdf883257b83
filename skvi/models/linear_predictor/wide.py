"""More columns than rows: the weights that the rows can tell of, and the others.

With independent normal weights of one variance, those combinations of them that no row contains
keep their prior, whatever the likelihood. The rest are as many as the rows have dimensions: the
table is replaced by its coordinates in the basis of its rows, the model fitted there, and its
posterior shown in terms of all columns. It costs ``n^2 p`` once and ``n^3`` per iteration (the dual
route of Opper and Archambeau, 2009, as a change of basis).

With a given precision of the prior that is exact: bound, means and covariances are those of a fit
of all columns. Where the precision is learned the family is a larger one: what no row contains has
its prior *given* the precision, in place of a factor of its own. The bound is then higher, and
standard deviations are a little larger, than in the family of the fit of all columns.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag
from scipy.sparse import issparse

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import evaluate
from skvi.numerics.aligned import aligned_zeros
from skvi.priors._base import GaussianForm

__all__ = ["Basis", "CoordinatePrior", "reduced", "suits_basis", "with_all_columns"]

_FEWEST_COLUMNS = 300
_NEGLIGIBLE = 1e-13  # of the largest square of a singular value


class Basis(NamedTuple):
    """Coordinates of rows: ``(x - centre) @ vectors``.

    Attributes
    ----------
    centre : ndarray of shape (n_features,)
    spread : ndarray of shape (n_features,)
        Prior standard deviation of each weight where ``alpha`` is one.
    vectors : ndarray of shape (n_features, rank)
        Orthonormal vectors, each times ``spread``.
    """

    centre: np.ndarray
    spread: np.ndarray
    vectors: np.ndarray

    def coordinates(self, X):
        """Coordinates of rows of a table, dense or sparse."""
        return X @ self.vectors - self.centre @ self.vectors

    def outside(self, X, coordinates):
        """Prior variance of what the coordinates leave out of every row, where alpha is one."""
        if issparse(X):
            scaled = X.multiply(self.spread).tocsr()
            shift = self.centre * self.spread
            square = np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel()
            square = square - 2.0 * (scaled @ shift) + shift @ shift
        else:
            scaled = (X - self.centre) * self.spread
            square = np.einsum("ij,ij->i", scaled, scaled)
        inside = np.einsum("ij,ij->i", coordinates, coordinates)
        return np.maximum(square - inside, 0.0)

    def left_out(self):
        """Prior variance of each weight that the basis leaves out, where alpha is one."""
        inside = np.einsum("ij,ij->i", self.vectors, self.vectors)
        return np.maximum(self.spread**2 - inside, 0.0)


class CoordinatePrior:
    """The prior of the weights of a basis: independent, of one precision.

    Parameters
    ----------
    form : GaussianForm
        Of the weights of all columns, in the unit of the predictor.
    unit : float
        What one unit of the predictor is in units of the target.
    """

    def __init__(self, form, unit):
        self._form, self._unit = form, 1.0 if form.scaled_by_noise else unit

    def gaussian_form(self, facts):
        """The same precision, for as many coordinates as there are."""
        mean, transform = np.zeros(facts.n_features), np.full(facts.n_features, self._unit)
        return GaussianForm(mean, transform, *self._form[2:])

    def check_units(self, x_spread, y_spread):
        """Nothing: the prior of all columns was looked at."""


def suits_basis(blocks, form):
    """Whether rows are so few that their basis is smaller than the columns.

    Parameters
    ----------
    blocks : Blocks
    form : GaussianForm
        Of the prior of the weights.

    Returns
    -------
    bool
    """
    in_memory = isinstance(blocks, ArrayBlocks)
    wide = in_memory and blocks.n_features > max(blocks.n_rows, _FEWEST_COLUMNS)
    plain = form.precision != 0.0 and form.transform.ndim == 1 and not np.any(form.mean)
    return bool(wide and plain)


def reduced(blocks, centre, spread):
    """The rows in the coordinates of their own basis.

    Parameters
    ----------
    blocks : ArrayBlocks
    centre, spread : ndarray of shape (n_features,)

    Returns
    -------
    blocks : ArrayBlocks
        Dense, of ``rank`` columns.
    basis : Basis
    """
    X = blocks.X
    if issparse(X):
        scaled = X.multiply(spread).tocsr()
        shift = centre * spread
        first = scaled @ shift
        products = (scaled @ scaled.T).toarray() - first[:, None] - first + shift @ shift
    else:
        scaled = (X - centre) * spread
        products = scaled @ scaled.T
    values, left = np.linalg.eigh(products)
    keep = values > _NEGLIGIBLE * max(values[-1], 0.0)
    values, left = values[keep], left[:, keep]
    inverse = left / np.sqrt(values)
    vectors = np.asarray(scaled.T @ inverse)
    if issparse(X):
        vectors = vectors - np.outer(shift, inverse.sum(axis=0))
    vectors *= spread[:, None]
    table = aligned_zeros(left.shape)
    table[:] = left * np.sqrt(values)
    basis = Basis(np.asarray(centre), np.asarray(spread), vectors)
    return ArrayBlocks(table, blocks.y, blocks.weights), basis


def with_all_columns(model, state):
    """The model and its state with all columns for coordinates, so that other rows can come.

    Parameters
    ----------
    model : LinearPredictorModel
        Of all columns, with the basis in which it was fitted.
    state : State
        In that basis.

    Returns
    -------
    model : LinearPredictorModel
        Without a basis.
    state : State
        Where the rows so far, as the quadratic that touched them, and the prior balance.
    """
    whole, prior = copy(model), model.whole_prior
    whole.basis = whole.whole_prior = None
    posterior, site = state.posterior, state.summary
    units, basis = posterior.units, posterior.units.basis
    # Coordinates of weights, both measured as their models measure them.
    image = units.scale[:, None] * (basis.vectors / basis.spread[:, None]).T
    image = image / (basis.spread * prior.units.scale)
    if units.intercept:
        image = block_diag(image, 1.0)
    image = np.kron(np.eye(posterior.n_predictors), image)
    linear, precision = image.T @ site.linear, image.T @ site.precision @ image
    site = site._replace(linear=linear, precision=precision)
    known = {"parameters": posterior.parameters, "scale": posterior.scale}
    first = whole.update(prior, site)._replace(**known)
    return whole, evaluate(whole, prior, site, first)
