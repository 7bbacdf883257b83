"""Logits of a tile, by either of two forms.

Quadratic: one product of coefficients and features, fastest, with an error near
``0.1 eps |z|^2 |precision|``. Difference: ``A_k (z - m_k)`` squared and summed, as accurate as the
data at any condition and separation.
"""

from __future__ import annotations

from skvi.models.gaussian_mixture.kernels.features import FULL
from skvi.numerics.jit import kernel
from skvi.numerics.tiles import add_squares_block, set_block

__all__ = ["difference_logits", "quadratic_logits", "whiten"]


@kernel
def quadratic_logits(coefficients, features, n_features, count, width, out):
    """Product of coefficients, packed four components at a time, and features."""
    length = features.shape[1]
    n_blocks = coefficients.size // (4 * n_features)
    for t in range(0, count, width):
        for k in range(0, 4 * n_blocks, 4):
            set_block(
                coefficients, k * n_features, 1, 4,
                features, t, length, n_features,
                out, k * length + t, length,
            )


@kernel
def difference_logits(form, z, count, width, out):
    """Logits from differences; distances that overflow count as the largest finite one."""
    if form.structure == FULL:
        _triangular_distances(form, z, count, width, out)
    else:
        _scaled_distances(form, z, out)
    for k in range(form.constant.size):
        _finish(out[k], form.constant[k], form.largest)


@kernel
def _finish(line, constant, largest):
    half = line.dtype.type(0.5)
    for t in range(line.size):
        distance = line[t] if line[t] < largest else largest
        line[t] = constant - half * distance


@kernel
def whiten(form, z, count, width, out):
    """Rows of ``z`` times the one triangle all components share."""
    length = z.shape[1]
    for t in range(0, count, width):
        _triangle_times(form, 0, z, t, length, out, t, length)


@kernel
def _triangular_distances(form, z, count, width, out):
    n_components, n_features = form.mean.shape
    packed_rows = (n_features + 3) // 4 * 4
    length = z.shape[1]
    out[:n_components, :] = 0
    for k in range(n_components):
        for t in range(0, count, width):
            for row in range(0, n_features, 4):
                first = 0 if form.lower else row
                stop = min(row + 4, n_features) if form.lower else n_features
                add_squares_block(
                    form.triangle, (k * packed_rows + row) * n_features + 4 * first,
                    z, first * length + t, length,
                    form.mean, k * n_features + first, stop - first,
                    out, k * length + t,
                )


@kernel
def _triangle_times(form, k, source, start, row_step, out, out_start, out_step):
    n_features = form.mean.shape[1]
    packed_rows = (n_features + 3) // 4 * 4
    for row in range(0, n_features, 4):
        first = 0 if form.lower else row
        stop = min(row + 4, n_features) if form.lower else n_features
        set_block(
            form.triangle, (k * packed_rows + row) * n_features + 4 * first, 1, 4,
            source, start + first * row_step, row_step, stop - first,
            out, out_start + row * out_step, out_step,
        )


@kernel
def _scaled_distances(form, z, out):
    n_components, n_features = form.mean.shape
    for k in range(n_components):
        line = out[k]
        line[:] = 0
        for i in range(n_features):
            _add_scaled_square(z[i], form.mean[k, i], form.scale[k, i], line)


@kernel
def _add_scaled_square(line, mean, scale, out):
    for t in range(out.size):
        difference = scale * (line[t] - mean)
        out[t] += difference * difference
