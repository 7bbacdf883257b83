"""Softmax over the components near a row, for lists of pairs that stand component by component."""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.kernels.dense.transcendental import exp_negative, log_at_least_one
from skvi.numerics.instructions import written_by

__all__ = ["keep_logits", "share_rows"]


def _row(arrays, pointer, position):
    """A row number from a list of uint32, as an index."""
    code = arrays.code
    number = code.scalar_at(pointer, position).raw
    return code.index(code.builder.zext(number, position.raw.type))


def _write_logits(arrays):
    code, builder = arrays.code, arrays.code.builder
    listed = arrays.k * arrays.members_shape[1]
    constant = code.scalar_at(arrays.constant, arrays.k)
    with code.loop(0, arrays.count) as i:
        at = code.pointer(arrays.logits, arrays.position + i)
        logit = constant - code.scalar_at(at) * 0.5
        builder.store(logit.raw, at)
        row = _row(arrays, arrays.members, listed + i)
        number = code.scalar_at(arrays.members, listed + i)
        builder.store(number.raw, code.pointer(arrays.rows, arrays.position + i))
        top = code.pointer(arrays.top, row)
        builder.store(logit.larger(code.scalar_at(top)).raw, top)


@written_by(_write_logits, "logits")
def keep_logits(constant, members, logits, rows, top, k, position, count):
    """Turn squared distances into logits, and note rows and the largest logit of each.

    Parameters
    ----------
    constant : ndarray of shape (K,)
    members : ndarray of shape (K, any), uint32
    logits : ndarray of shape (pairs,)
        Squared distances from ``position`` on, changed into logits.
    rows : ndarray of shape (pairs,), uint32
        Gets ``members[k]``, from ``position`` on.
    top : ndarray of shape (n,)
        Largest logit of every row so far.
    k, position, count : int
    """
    listed, here = members[k, :count], slice(position, position + count)
    logits[here] = constant[k] - 0.5 * logits[here]
    rows[here] = listed
    top[listed] = np.maximum(top[listed], logits[here])


def _write_shares(arrays):
    code = arrays.code
    with code.loop(0, arrays.total_shape[0], code.lanes) as row:
        code.store(code.full(0.0), arrays.total, row)
        code.store(code.full(0.0), arrays.cross, row)
    with code.loop(0, arrays.n_pairs, code.lanes) as i:
        rows = [_row(arrays, arrays.rows, i + lane) for lane in range(code.lanes)]
        shifted = code.load(arrays.logits, i) - code.gather(arrays.top, rows)
        code.store(shifted, arrays.logits, i)
        code.store(exp_negative(shifted), arrays.shares, i)
    with code.loop(0, arrays.n_pairs) as i:
        row, share = _row(arrays, arrays.rows, i), code.scalar_at(arrays.shares, i)
        _add(code, arrays.total, row, share)
        _add(code, arrays.cross, row, share * code.scalar_at(arrays.logits, i))
    _write_totals(arrays)
    with code.loop(0, arrays.n_pairs, code.lanes) as i:
        rows = [_row(arrays, arrays.rows, i + lane) for lane in range(code.lanes)]
        share = code.load(arrays.shares, i) * code.gather(arrays.total, rows)
        code.store(share, arrays.shares, i)


def _add(code, pointer, index, number):
    at = code.pointer(pointer, index)
    code.builder.store((code.scalar_at(at) + number).raw, at)


def _write_totals(arrays):
    """Add to entropy and log-normaliser; the total of a row becomes its weight over that."""
    code, (n_rows,) = arrays.code, arrays.weights_shape
    entropy, log_normalizer = code.variables(2, code.full(0.0))
    with code.loop(0, n_rows, code.lanes) as row:
        lanes = [(row + lane, row + lane < n_rows) for lane in range(code.lanes)]
        weights = [
            used.where(code.scalar_at(arrays.weights, index.smaller(n_rows - 1)), 0.0)
            for index, used in lanes
        ]
        weight, total = code.assembled(weights), code.load(arrays.total, row).larger(1.0)
        log_total, scale = log_at_least_one(total), weight / total
        gain = weight * log_total - scale * code.load(arrays.cross, row)
        code.put(code.get(entropy) + gain, entropy)
        gain = weight * (log_total + code.load(arrays.top, row))
        code.put(code.get(log_normalizer) + gain, log_normalizer)
        code.store(scale, arrays.total, row)
    for index, slot in enumerate((entropy, log_normalizer)):
        _add(code, arrays.totals, code.index(index), code.lane_sum(code.get(slot)))


@written_by(_write_shares, "logits")
def share_rows(rows, logits, shares, weights, top, total, cross, totals, n_pairs):
    """Responsibilities times weights; entropy and log-normaliser of the rows are added up.

    Parameters
    ----------
    rows : ndarray of shape (pairs + 3,), uint32
        Row of every pair.
    logits : ndarray of shape (pairs + 3,)
        Changed: the largest of the row is subtracted.
    shares : ndarray of shape (pairs + 3,)
        Gets the responsibilities times weights.
    weights : ndarray of shape (n,)
        Of the rows.
    top : ndarray of shape (m,)
        Largest logit of every row; any finite number for a row of weight zero.
    total, cross : ndarray of shape (m,)
        Scratch; ``m`` is a multiple of four and at least n.
    totals : ndarray of shape (2,)
        Entropy and log-normaliser are added.
    n_pairs : int
    """
    used, n_rows = slice(n_pairs), len(weights)
    logits[used] -= top[rows[used]]
    np.exp(logits[used], out=shares[used])
    total[:] = np.bincount(rows[used], shares[used], minlength=len(total))
    cross[:] = np.bincount(rows[used], shares[used] * logits[used], minlength=len(total))
    np.maximum(total, 1.0, out=total)
    log_total = np.log(total[:n_rows])
    scale = weights / total[:n_rows]
    totals[0] += weights @ log_total - scale @ cross[:n_rows]
    totals[1] += weights @ (log_total + top[:n_rows])
    total[:n_rows] = scale
    shares[used] *= total[rows[used]]
