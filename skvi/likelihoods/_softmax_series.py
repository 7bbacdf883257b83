"""Expected log softmax under independent normal logits of small variance, by its power series."""

from __future__ import annotations

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.special.elementary import exp, log

__all__ = ["softmax_series"]


@kernel
def softmax_series(y, mean, variance, value, slope, curvature):
    """Value to the second power of the variances, its derivative in them, slopes to the first.

    With ``A`` the logarithm of the sum of exponentials and ``p`` the softmax at the means,

        E A = A + sum_j v_j A_jj / 2 + sum_jk v_j v_k A_jjkk / 8,
        A_jj = p_j (1 - p_j),  A_jjjj = A_jj (1 - 6 A_jj),
        A_jjkk = -p_j p_k [(1 - 2 p_j) (1 - 2 p_k) + 2 p_j p_k].

    Parameters
    ----------
    y : ndarray of shape (n, 1)
        Codes.
    mean, variance : ndarray of shape (n, n_classes)
    value : ndarray of shape (n,)
    slope, curvature : ndarray of shape (n, n_classes)
        Overwritten.
    """
    n_classes = mean.shape[1]
    p = np.empty(n_classes)
    for i in range(mean.shape[0]):
        m, v, g, c = mean[i], variance[i], slope[i], curvature[i]
        top = m[0]
        for k in range(n_classes):
            top = max(top, m[k])
        total = 0.0
        for k in range(n_classes):
            p[k] = exp(m[k] - top)
            total += p[k]
        first, odd, even, own = 0.0, 0.0, 0.0, 0.0
        for k in range(n_classes):
            p[k] /= total
            a = p[k] * (1.0 - p[k])
            t, u = v[k] * p[k] * (1.0 - 2.0 * p[k]), v[k] * p[k] * p[k]
            first += v[k] * a
            odd += t
            even += u
            own += v[k] * v[k] * a * (1.0 - 6.0 * a) + t * t + 2.0 * u * u
        second = own - odd * odd - 2.0 * even * even
        code = int(y[i, 0])
        value[i] = m[code] - top - log(total) - 0.5 * first - 0.125 * second
        for k in range(n_classes):
            a = p[k] * (1.0 - p[k])
            t, u = p[k] * (1.0 - 2.0 * p[k]), p[k] * p[k]
            g[k] = -p[k] - 0.5 * (v[k] * t - p[k] * odd)
            mixed = v[k] * (a * (1.0 - 6.0 * a) + t * t + 2.0 * u * u) - odd * t - 2.0 * even * u
            c[k] = a + 0.5 * mixed
        g[code] += 1.0
