"""Logarithms of averages of positive functions under normal distributions, row by row.

    log integral exp(f(eta)) N(eta; mean, sd^2) d eta

In units ``z`` of the normal, the trapezoid rule with a step of a third is right to rounding for
what changes little within one standard deviation. Whether it is, its three parts of every third
node tell: where they agree to 1e-6, the whole is much better. (Two parts would agree about a peak
halfway between nodes, however sharp.) Rows where they do not get half that step and a longer reach.
Those where that is not enough, as where a target lies far out or its law is much narrower than the
normal, are integrated over panels: around the peak of the integrand, and around that of the
function itself, with edges at doubling distances, halved until the rules of Gauss and Kronrod with
7 and 15 nodes agree (R. Piessens et al., QUADPACK, 1983).
"""

from __future__ import annotations

import numpy as np

__all__ = ["GRID", "finer_average", "grid_average", "log_normal_average", "panel_average"]

GRID = np.arange(-21, 22) / 3.0
"""Nodes of the first rule, in standard deviations from the mean."""

_FINE_GRID = np.arange(-57, 58) / 6.0
_HALF_LOG_2PI = 0.5 * np.log(2.0 * np.pi)
_THIRDS_AGREE = 1e-6  # relative
_LEFT_OUT = 1e-10  # of the largest value, at the ends
_CONVEX, _SHARP, _STEEP = 1e-3, 1.0, 0.25  # of log ratios between neighbours, or their changes
_ROWS = 2048

_FLAT = 1e3  # standard deviations of a normal that leaves the function its own peak
_GOLDEN = 0.3819660112501051
_NEAREST, _NEAR, _DROP, _NOTHING = 1e-6, 0.3, 0.5, 45.0  # logarithms below a peak
_MOST, _MOST_HALVINGS = 80, 45
_DIGITS = 1e-13
_PANELS_AGREE = 1e-9  # relative to the row

_HALF_NODES = np.array(
    [0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945]
    + [0.5860872354676911, 0.4058451513773972, 0.2077849550078985, 0.0]
)
_HALF_WEIGHTS = np.array(
    [0.0229353220105292, 0.0630920926299786, 0.1047900103222502, 0.1406532597159259]
    + [0.1690047266392679, 0.1903505780647854, 0.2044329400752989, 0.2094821410847278]
)
_HALF_GAUSS = np.array([0.1294849661688697, 0.2797053914892767, 0.3818300505051189])
_NODES = np.concatenate([-_HALF_NODES, _HALF_NODES[-2::-1]])
_KRONROD = np.concatenate([_HALF_WEIGHTS, _HALF_WEIGHTS[-2::-1]])
_GAUSS = np.zeros(15)
_GAUSS[1::2] = np.concatenate([_HALF_GAUSS, [0.4179591836734694], _HALF_GAUSS[::-1]])


def log_normal_average(log_function, mean, sd):
    """Log averages of every row.

    Parameters
    ----------
    log_function : callable
        ``log_function(eta, rows)``: logarithms of the functions of some rows (a slice, or indices
        of shape (m,), which may repeat) at ``eta`` of shape (k, m); ``nan`` counts as ``-inf``.
    mean, sd : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_rows,)
        Within 1e-7, unless a function has peaks that nothing leads to.
    """
    result, sure = np.empty(len(mean)), np.empty(len(mean), dtype=bool)
    for start in range(0, len(mean), _ROWS):
        part = slice(start, start + _ROWS)
        logs = log_function(mean[part] + sd[part] * GRID[:, None], part)
        result[part], sure[part], _ = grid_average(logs)
    left = np.flatnonzero(~sure)
    for start in range(0, len(left), _ROWS):
        rows = left[start : start + _ROWS]
        result[rows] = finer_average(log_function, mean, sd, rows)
    return result


def finer_average(log_function, mean, sd, rows):
    """Log averages of rows for which the nodes of ``GRID`` are not enough.

    Parameters
    ----------
    log_function, mean, sd
        As :func:`log_normal_average` takes them.
    rows : ndarray of int of shape (m,)

    Returns
    -------
    ndarray of shape (m,)
    """
    logs = log_function(mean[rows] + sd[rows] * _FINE_GRID[:, None], rows)
    result, sure, best = grid_average(logs, _FINE_GRID)
    left = np.flatnonzero(~sure)
    if len(left):
        result[left] = panel_average(log_function, mean, sd, rows[left], best[left])
    return result


def grid_average(logs, nodes=GRID):
    """Log averages of functions known at equidistant nodes.

    Parameters
    ----------
    logs : ndarray of shape (..., n_nodes, n_rows)
        Logarithms of the functions.
    nodes : ndarray of shape (n_nodes,), default=GRID

    Returns
    -------
    average : ndarray of shape (..., n_rows)
    sure : ndarray of bool of shape (..., n_rows)
        Whether the nodes are enough.
    best : ndarray of shape (..., n_rows)
        Node of the largest integrand.
    """
    with np.errstate(invalid="ignore"):
        centre = logs[..., len(nodes) // 2, :][..., None, :]
        centre = np.where(np.isfinite(centre), centre, 0.0)
        weighed = (logs - centre) - 0.5 * nodes[:, None] ** 2
        weighed = np.where(np.isnan(weighed), -np.inf, weighed)
        place = weighed.argmax(axis=-2)
        top = np.take_along_axis(weighed, place[..., None, :], axis=-2)
        values = np.exp(weighed - top)
        thirds = [values[..., first::3, :].sum(axis=-2) for first in range(3)]
        whole = thirds[0] + thirds[1] + thirds[2]
        agreed = np.ptp(thirds, axis=0) <= _THIRDS_AGREE * whole
        ends = np.maximum(values[..., 0, :], values[..., -1, :])
        sure = agreed & (ends <= _LEFT_OUT) & ~_hides_peaks(logs)
        log_step = np.log(nodes[1] - nodes[0]) - _HALF_LOG_2PI
        return (top + centre)[..., 0, :] + np.log(whole) + log_step, sure, nodes[place]


def _hides_peaks(logs):
    """Whether there may be a peak between nodes: long tails that lead to it, and a sharp turn."""
    ratios = np.diff(logs, axis=-2)
    turns = np.diff(ratios, axis=-2)
    convex = np.max(turns, axis=-2) > _CONVEX
    if not np.any(convex):
        return convex
    turned = np.max(ratios[..., :-2, :] - ratios[..., 2:, :], axis=-2)
    rising = np.maximum(ratios[..., -1, :], -ratios[..., 0, :])
    return convex & ((turned > _SHARP) | (rising > _STEEP))


def panel_average(log_function, mean, sd, rows, start):
    """Log averages of some rows, by panels that adapt to each.

    Parameters
    ----------
    log_function, mean, sd
        As :func:`log_normal_average` takes them.
    rows : ndarray of int of shape (m,)
    start : ndarray of shape (m,)
        Where to look for the peak first, in standard deviations from the mean.

    Returns
    -------
    ndarray of shape (m,)
    """
    centre = np.zeros(len(rows))

    def log_integrand(z, chosen, flat=1.0):
        here = rows[chosen]
        with np.errstate(all="ignore"):
            values = log_function(mean[here] + sd[here] * z, here) - centre[chosen]
            values = values - 0.5 * (z / flat) ** 2
        return np.where(np.isnan(values), -np.inf, values)

    everything = np.arange(len(rows))
    peaks = [_peak(log_integrand, start, flat) for flat in (1.0, _FLAT)]
    heights = [log_integrand(peak[None], everything)[0] for peak, _ in peaks]
    best = np.where(heights[1] > heights[0], peaks[1][0], peaks[0][0])
    known = log_function((mean[rows] + sd[rows] * best)[None], rows)[0]
    centre += np.where(np.isfinite(known), known, 0.0)
    top = log_integrand(best[None], everything)[0]
    edges = [edge for peak in peaks for edge in _ladder(log_integrand, *peak, top)]
    total = _sum_of_panels(log_integrand, np.sort(edges, axis=0), top)
    with np.errstate(divide="ignore"):
        return centre + top + np.log(total)


def _peak(log_integrand, start, flat):
    """The peak (exactly, as it may be a kink), and distances below and above it.

    The peak is at most ``_NEAR`` higher than there.
    """
    everything = np.arange(len(start))
    points = start + np.array([-1.0, 0.0, 1.0])[:, None]
    values = log_integrand(points, everything, flat)
    step = np.where(values[2] >= values[0], 1.0, -1.0)
    outward = step < 0.0
    points[:, outward], values[:, outward] = points[::-1, outward], values[::-1, outward]
    rising = np.flatnonzero(values[2] > values[1])
    for _ in range(_MOST):  # double the steps until it falls
        if not len(rising):
            break
        step[rising] *= 2.0
        further = points[2, rising] + step[rising]
        value = log_integrand(further[None], rising, flat)
        points[:, rising] = np.vstack([points[1:, rising], further])
        values[:, rising] = np.vstack([values[1:, rising], value])
        rising = rising[values[2, rising] > values[1, rising]]
    _narrow(log_integrand, points, values, flat, _NEAR)
    ends = np.sort(points[::2], axis=0)
    _narrow(log_integrand, points, values, flat, _NEAREST)
    return points[1], np.abs(ends - points[1])


def _narrow(log_integrand, points, values, flat, distance):
    """Golden sections, in place, until the ends of a bracket are hardly lower than its middle."""
    active = np.arange(points.shape[1])
    for _ in range(_MOST):
        low, middle, high = points[:, active]
        with np.errstate(invalid="ignore"):
            near = values[1, active] - np.min(values[::2, active], axis=0) < distance
        wide = np.maximum(np.abs(low), np.abs(high)) * _DIGITS < np.abs(high - low)
        active = active[~near & wide]
        if not len(active):
            break
        low, middle, high = points[:, active]
        upper = np.abs(high - middle) > np.abs(middle - low)
        new = middle + _GOLDEN * np.where(upper, high - middle, low - middle)
        value = log_integrand(new[None], active, flat)[0]
        better = value > values[1, active]
        # The new place is the middle, or an end on its side; the old middle is then the other end.
        for table, entry in ((points, new), (values, value)):
            old = table[1, active].copy()
            table[0, active] = np.where(better & upper, old, table[0, active])
            table[2, active] = np.where(better & ~upper, old, table[2, active])
            table[1, active] = np.where(better, entry, old)
            table[2, active] = np.where(~better & upper, entry, table[2, active])
            table[0, active] = np.where(~better & ~upper, entry, table[0, active])


def _ladder(log_integrand, peak, widths, top):
    """Edges of panels: the peak, and on either side distances that double; NaN where there is none.

    The first distance is the least at which the logarithm has dropped by ``_DROP``; the last is
    where nothing is left.
    """
    everything = np.arange(len(peak))
    at_peak = log_integrand(peak[None], everything)[0]
    seen = at_peak > top - _NOTHING
    edges = [np.where(seen, peak, np.nan)]
    for side, width in zip((-1.0, 1.0), widths, strict=True):
        distance = np.maximum(width, _DIGITS * np.maximum(np.abs(peak), 1.0))
        active = everything[seen]
        for _ in range(_MOST):
            if not len(active):
                break
            place = peak[active] + side * distance[active]
            value = log_integrand(place[None], active)[0]
            edge = np.full(len(peak), np.nan)
            dropped = value < at_peak[active] - _DROP
            edge[active[dropped]] = place[dropped]
            edges.append(edge)
            distance[active] *= 2.0
            active = active[value > top[active] - _NOTHING]
    return edges


def _sum_of_panels(log_integrand, edges, top):
    """Integrals over all panels between edges, relative to ``exp(top)`` and the normal's factor."""
    n_rows = edges.shape[1]
    known = np.isfinite(edges[:-1]) & np.isfinite(edges[1:]) & (edges[:-1] < edges[1:])
    place, row = np.nonzero(known)
    low, high = edges[place, row], edges[place + 1, row]
    total = np.zeros(n_rows)
    for halving in range(_MOST_HALVINGS):
        half = 0.5 * (high - low)
        middle = low + half
        z = middle + half * _NODES[:, None]
        values = np.exp(np.minimum(log_integrand(z, row) - top[row], _NOTHING))
        fine, rough = half * (_KRONROD @ values), half * (_GAUSS @ values)
        whole = total + np.bincount(row, fine, n_rows)
        good = np.abs(fine - rough) <= _PANELS_AGREE * whole[row]
        good |= half <= _DIGITS * np.maximum(np.abs(low), np.abs(high))
        good |= halving == _MOST_HALVINGS - 1
        total += np.bincount(row[good], fine[good], n_rows)
        if np.all(good):
            break
        low, middle, high, row = low[~good], middle[~good], high[~good], row[~good]
        low, high, row = np.append(low, middle), np.append(middle, high), np.append(row, row)
    return total / np.sqrt(2.0 * np.pi)
