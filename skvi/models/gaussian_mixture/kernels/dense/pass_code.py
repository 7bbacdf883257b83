"""The instructions of the fused pass, tile by tile: see :mod:`.row_pass` for what they compute."""

from __future__ import annotations

from skvi.models.gaussian_mixture.kernels.dense.logit_code import LogitCode, groups
from skvi.models.gaussian_mixture.kernels.dense.transcendental import exp_negative, log_at_least_one
from skvi.numerics.register_blocks import ROWS_PER_BLOCK, multiply_block, transposed

__all__ = ["PassCode"]


class PassCode(LogitCode):
    """The instructions of a pass."""

    def __init__(self, arrays, given):
        super().__init__(arrays, arrays.sums_shape[1])
        self.given = given
        self.packed = self.shares + self.padded * self.length
        self.weight_line = self.packed + self.padded * self.length
        self.scale_line = self.weight_line + self.length
        self.entropy, self.normalizer = self.code.variables(2, self.code.full(0.0))

    def emit(self):
        """Write the pass; gives the number of rows done."""
        code, builder = self.code, self.code.builder
        (done,) = code.variables(1, self.n_rows)
        limit = None if self.given else self.spread_number(self.arrays.limit)
        leave = builder.append_basic_block("leave")
        self.store_ones()
        with code.loop(0, self.n_rows, self.length) as start:
            self.load_weights(start, self.weight_line)
            beyond = self.load_rows(start, self.weight_line, limit)
            if not self.given:
                with builder.if_then(beyond):
                    code.put(start, done)
                    builder.branch(leave)
            self._tile(start)
        builder.branch(leave)
        builder.position_at_end(leave)
        for position, slot in enumerate((self.entropy, self.normalizer)):
            total = code.lane_sum(code.get(slot)) + code.scalar_at(self.arrays.totals, position)
            builder.store(total.raw, code.pointer(self.arrays.totals, position))
        return code.get(done).raw

    def _tile(self, start):
        code = self.code
        if self.given:
            self._copy_logits(start)
        else:
            with self.panels() as (panel_start, count):
                self.products(panel_start, count)
                self.logits(panel_start, count)
        with code.loop(0, self.length, self.width) as t, code.loop(0, self.width, code.lanes) as u:
            self._softmax(t, u)
        self._pack()
        several = self.n_products > self.arrays.panel
        with self.panels() as (panel_start, count):
            if self.given:
                self.products(panel_start, count)
            else:
                with code.builder.if_then(several.raw):
                    self.products(panel_start, count)
            self._add(panel_start, count)

    def _copy_logits(self, start):
        code, work = self.code, self.arrays.work
        with code.loop(0, self.length, self.width) as t:
            for v in range(0, self.width, code.lanes):
                rows = self.lanes_of(start + t + v)
                starts = [row * self.arrays.n_components for row in rows]
                with code.loop(0, self.arrays.n_components) as k:
                    value = code.gather(self.arrays.coefficients, [first + k for first in starts])
                    out = self.shares + t * self.padded + k * self.width + v
                    code.store(value, work, out)

    def _softmax(self, t, u):
        """Shares of the components in the rows of one vector, before normalisation."""
        code, work = self.code, self.arrays.work
        start = self.shares + t * self.padded + u
        (top,) = code.variables(1, code.load(work, start))
        total, cross = code.variables(2, code.full(0.0))
        with code.loop(1, self.arrays.n_components) as k:
            value = code.load(work, start + k * self.width)
            code.put(value.larger(code.get(top)), top)
        largest = code.get(top)
        with code.loop(0, self.arrays.n_components) as k:
            shifted = code.load(work, start + k * self.width) - largest
            share = exp_negative(shifted)
            code.store(share, work, start + k * self.width)
            code.put(code.get(total) + share, total)
            code.put(share * shifted + code.get(cross), cross)
        self._normalise(t + u, largest, code.get(total), code.get(cross))

    def _normalise(self, t, top, total, cross):
        code, work = self.code, self.arrays.work
        weight = code.load(work, self.weight_line + t)
        code.store(weight / total, work, self.scale_line + t)
        log_total = log_at_least_one(total)
        entropy = weight * (log_total - cross / total) + code.get(self.entropy)
        code.put(entropy, self.entropy)
        code.put(weight * (log_total + top) + code.get(self.normalizer), self.normalizer)

    def _groups(self):
        return groups(self.code, self.padded // self.code.lanes)

    def _pack(self):
        """Weighted shares with the lanes of a vector as components."""
        code, work, lanes = self.code, self.arrays.work, self.code.lanes
        with self._groups() as (vector, taken), code.loop(0, taken) as v:
            component = (vector + v) * lanes
            with code.loop(0, self.length, self.width) as t:
                source = self.shares + t * self.padded + component * self.width
                for u in range(0, self.width, lanes):
                    scale = code.load(work, self.scale_line + t + u)
                    lines = range(u, u + lanes * self.width, self.width)
                    block = [code.load(work, source + line) * scale for line in lines]
                    target = self.packed + vector * lanes * self.length + v * lanes
                    for lane, column in enumerate(transposed(code, block)):
                        at = target + (t + (u + lane)) * taken * lanes
                        code.store(column, work, at)

    def _add(self, panel_start, panel_count):
        """Products of features and weighted shares, over the rows of the tile."""
        code, builder = self.code, self.code.builder
        _, feature, line, count = self.lines(panel_start, panel_count)
        with self._groups() as (vector, taken):
            for width in (1, 2, 3):
                chosen = builder.icmp_signed("==", taken.raw, code.index(width).raw)
                with builder.if_then(chosen), code.loop(0, count, ROWS_PER_BLOCK[width]) as p:
                    self._add_block(width, vector, line + p, feature + p)

    def _add_block(self, width, vector, line, feature):
        code, work, sums = self.code, self.arrays.work, self.arrays.sums
        left = code.pointer(work, line * self.length), self.length, 1
        packed = self.packed + vector * code.lanes * self.length
        right = code.pointer(work, packed), code.index(width * code.lanes)
        out = feature * self.padded + vector * code.lanes

        def write(r, v, value):
            at = out + self.padded * r + v * code.lanes
            code.store(code.load(sums, at) + value, sums, at)

        multiply_block(code, (ROWS_PER_BLOCK[width], width), left, right, self.length, write)
