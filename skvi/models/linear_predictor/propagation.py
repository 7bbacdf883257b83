"""How changes of the curvatures of rows come back through the covariance of the weights.

Changes ``c`` of curvatures change the variances of predictors by ``-K c``, and these the curvatures
by ``D`` times that. With ``K = F F'``, where the rows of ``F`` are squares of the rows of a design,
the whole echo is ``W = (1 + K D)^-1 K = F (1 + F' D F)^-1 F'``: work of the number of squares or of
the number of rows, whichever is less.
"""

from __future__ import annotations

import numpy as np

__all__ = ["propagated", "propagation_cost"]


def propagation_cost(n_curvatures, n_weights):
    """Multiplications of :func:`propagated`, in the cheaper of the two ways.

    Parameters
    ----------
    n_curvatures, n_weights : int

    Returns
    -------
    float
    """
    return min(_costs(n_curvatures, n_weights))


def propagated(image, in_variance, moved, form=None):
    """``moved' W moved``.

    Parameters
    ----------
    image : ndarray of shape (n, n_weights, n_predictors)
        Rows of the design of every predictor, weights having covariance one.
    in_variance : ndarray of shape (n, n_pairs, n_pairs)
        Derivatives ``D`` of curvatures in variances, for the pairs of predictors ``k <= l``.
    moved : ndarray of shape (n * n_pairs, n_columns)
        Changes of curvatures; of shape (n * n_pairs + 1, n_columns) with a form.
    form : ndarray of shape (n_weights, n_weights) or None, default=None
        Takes the place of the square of one more row, whose curvature does not depend on variances.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)

    Raises
    ------
    numpy.linalg.LinAlgError
        If the echo is seen to grow: the bound is not at a maximum.
    """
    by_squares, by_rows = _costs(in_variance[..., 0].size, image.shape[1])
    inner = _by_squares if by_squares <= by_rows else _by_rows
    return inner(image, in_variance, moved, form)


def _costs(n_curvatures, n_weights):
    n_squares = n_weights * (n_weights + 1) / 2.0
    by_squares = n_squares**2 * (n_curvatures + n_squares)
    return by_squares, float(n_curvatures) ** 2 * (n_curvatures + n_weights)


def _pairs(n_predictors):
    return np.triu_indices(n_predictors)


def _by_squares(image, in_variance, moved, form):
    n, n_weights, n_predictors = image.shape
    rows, columns = np.triu_indices(n_weights)
    counts = np.where(rows == columns, 1.0, np.sqrt(2.0))
    parts = []
    for k, m in zip(*_pairs(n_predictors), strict=True):
        square = image[:, rows, k] * image[:, columns, m]
        if k != m:
            square = 0.5 * (square + image[:, rows, m] * image[:, columns, k])
        parts.append(square * counts)
    squares = np.stack(parts, axis=1)
    echo = squares.reshape(-1, len(rows)).T @ (in_variance @ squares).reshape(-1, len(rows))
    squares = squares.reshape(-1, len(rows))
    if form is not None:
        squares = np.vstack([squares, form[rows, columns] * counts])
    sums = squares.T @ moved
    echo = 0.5 * (echo + echo.T) + np.eye(len(rows))
    np.linalg.cholesky(echo)
    return sums.T @ np.linalg.solve(echo, sums)


def _by_rows(image, in_variance, moved, form):
    n, n_weights, n_predictors = image.shape
    k, m = _pairs(n_predictors)
    products = np.tensordot(image, image, (1, 1)) if n_predictors > 1 else None
    if products is None:
        squares = (image[:, :, 0] @ image[:, :, 0].T) ** 2
    else:  # products are (n, predictor, n, predictor)
        left, right = products[:, k], products[:, m]
        squares = 0.5 * (left[..., k] * right[..., m] + left[..., m] * right[..., k])
        squares = squares.reshape(n * len(k), -1)
    echoes = (squares.reshape(-1, n, 1, len(k)) @ in_variance).reshape(len(squares), -1)
    if form is not None:
        edge = np.einsum("irk,rs,isk->ik", image[:, :, k], form, image[:, :, m]).ravel()
        corner = np.sum(form**2)
        squares = np.block([[squares, edge[:, None]], [edge, np.full((1, 1), corner)]])
        last = (edge.reshape(n, 1, len(k)) @ in_variance).reshape(1, -1)
        echoes = np.pad(np.vstack([echoes, last]), ((0, 0), (0, 1)))
    echoes[np.diag_indices(len(echoes))] += 1.0
    return moved.T @ np.linalg.solve(echoes, squares @ moved)
