"""Writing vector code: the arithmetic of a kernel as explicit vector instructions.

A :class:`Code` emits LLVM instructions on vectors of some width; numbers and indices are
:class:`Value` objects with the usual operators. Such loops need no loop vectorizer, which cannot
keep a block of sums in registers, and compile in a tenth of the time; nothing is reassociated.
"""

from __future__ import annotations

import contextlib

from llvmlite import ir
from numba.core import cgutils

__all__ = ["LANE_BYTES", "Code", "Value"]

LANE_BYTES = 32
_INDEX = ir.IntType(64)
_LANE = ir.IntType(32)
_FLAGS = ("contract",)


class Value:
    """An index, a number, a vector of numbers or a vector of booleans, while code is written."""

    __slots__ = ("builder", "raw")

    def __init__(self, builder, raw):
        self.builder, self.raw = builder, raw

    def __add__(self, other):
        return self._apply("add", other)

    def __sub__(self, other):
        return self._apply("sub", other)

    def __mul__(self, other):
        return self._apply("mul", other)

    def __truediv__(self, other):
        return self._apply("div", other)

    def __floordiv__(self, other):
        return Value(self.builder, self.builder.sdiv(self.raw, self.like(other)))

    def __or__(self, other):
        return Value(self.builder, self.builder.or_(self.raw, self.like(other)))

    def __lt__(self, other):
        return self._compare("<", other)

    def __gt__(self, other):
        return self._compare(">", other)

    def equals(self, other):
        """Whether two indices are equal."""
        return self._compare("==", other)

    def differs(self, other):
        """Whether the two are unequal, lane by lane."""
        return self._compare("!=", other)

    def exceeds(self, other):
        """Whether this is larger, or not a number, lane by lane."""
        return Value(self.builder, self.builder.fcmp_unordered(">", self.raw, self.like(other)))

    def where(self, chosen, otherwise):
        """``chosen`` where these booleans hold, ``otherwise`` elsewhere."""
        model = chosen if isinstance(chosen, Value) else otherwise
        raw = self.builder.select(self.raw, model.like(chosen), model.like(otherwise))
        return Value(self.builder, raw)

    def larger(self, other):
        """The larger of the two, lane by lane."""
        return (self > other).where(self, other)

    def smaller(self, other):
        """The smaller of the two."""
        return (self < other).where(self, other)

    def bits(self):
        """The bits of every lane as an integer."""
        kind = self.raw.type
        integer = ir.IntType(64 if kind.element == ir.DoubleType() else 32)
        vector = ir.VectorType(integer, kind.count)
        return Value(self.builder, self.builder.bitcast(self.raw, vector))

    def shifted(self, count):
        """Integers shifted left, or right where ``count`` is negative."""
        move = self.builder.shl if count > 0 else self.builder.lshr
        return Value(self.builder, move(self.raw, self.like(abs(count))))

    def number(self, model):
        """Integers read as the bits of numbers of the kind of ``model``."""
        return Value(self.builder, self.builder.bitcast(self.raw, model.raw.type))

    def like(self, other):
        """``other`` as an operand that fits this one."""
        if isinstance(other, Value):
            return other.raw
        kind = self.raw.type
        if isinstance(kind, ir.VectorType):
            return ir.Constant(kind, [other] * kind.count)
        return ir.Constant(kind, other)

    def _apply(self, name, other):
        if _is_float(self.raw.type):
            raw = getattr(self.builder, "f" + name)(self.raw, self.like(other), flags=_FLAGS)
        else:
            raw = getattr(self.builder, name)(self.raw, self.like(other))
        return Value(self.builder, raw)

    def _compare(self, sign, other):
        ordered = _is_float(self.raw.type)
        compare = self.builder.fcmp_ordered if ordered else self.builder.icmp_signed
        if sign == "!=" and ordered:
            compare = self.builder.fcmp_unordered
        return Value(self.builder, compare(sign, self.raw, self.like(other)))


class Code:
    """Instructions of one kernel on vectors of one precision.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
    scalar : llvmlite.ir.Type
        float or double.
    lane_bytes : int, default=LANE_BYTES
        Bytes of a vector.
    """

    def __init__(self, builder, scalar, lane_bytes=LANE_BYTES):
        self.builder = builder
        self.scalar = scalar
        self.lanes = lane_bytes // (8 if scalar == ir.DoubleType() else 4)
        self.vector = ir.VectorType(scalar, self.lanes)

    def index(self, value):
        """Index from a Python int or an emitted integer."""
        raw = ir.Constant(_INDEX, value) if isinstance(value, int) else value
        return Value(self.builder, raw)

    def full(self, value, scalar=None):
        """Vector with the same number in every lane."""
        kind = ir.VectorType(scalar or self.scalar, self.lanes)
        return Value(self.builder, ir.Constant(kind, [value] * self.lanes))

    def load(self, pointer, index=0, lanes=None):
        """Lanes from consecutive numbers."""
        address = self._address(pointer, index)
        vector = ir.VectorType(address.type.pointee, lanes or self.lanes)
        address = self.builder.bitcast(address, vector.as_pointer())
        return Value(self.builder, self.builder.load(address, align=4))

    def store(self, value, pointer, index=0):
        """Lanes to consecutive numbers."""
        address = self._address(pointer, index)
        address = self.builder.bitcast(address, value.raw.type.as_pointer())
        self.builder.store(value.raw, address, align=4)

    def scalar_at(self, pointer, index=0):
        """One number."""
        return Value(self.builder, self.builder.load(self._address(pointer, index)))

    def spread(self, pointer, index=0):
        """One number in every lane."""
        scalar = self.scalar_at(pointer, index).raw
        kind = ir.VectorType(scalar.type, self.lanes)
        single = self.builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, _LANE(0))
        mask = ir.Constant(ir.VectorType(_LANE, self.lanes), [0] * self.lanes)
        empty = ir.Constant(kind, ir.Undefined)
        return Value(self.builder, self.builder.shuffle_vector(single, empty, mask))

    def gather(self, pointer, indices):
        """Lanes from as many indices."""
        return self.assembled([self.scalar_at(pointer, index) for index in indices])

    def assembled(self, numbers):
        """Vector of these numbers."""
        result = ir.Constant(ir.VectorType(numbers[0].raw.type, self.lanes), ir.Undefined)
        for i, number in enumerate(numbers):
            result = self.builder.insert_element(result, number.raw, _LANE(i))
        return Value(self.builder, result)

    def joined(self, parts):
        """One vector of the lanes of one, two, four, ... of the same length."""
        while len(parts) > 1:
            lanes = 2 * parts[0].raw.type.count
            mask = ir.Constant(ir.VectorType(_LANE, lanes), list(range(lanes)))
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [
                Value(self.builder, self.builder.shuffle_vector(one.raw, other.raw, mask))
                for one, other in pairs
            ]
        return parts[0]

    def wide(self, value):
        """Lanes in double precision."""
        return self._converted(value, ir.DoubleType(), self.builder.fpext)

    def narrow(self, value):
        """Lanes of doubles in the precision of this code."""
        return self._converted(value, self.scalar, self.builder.fptrunc)

    def pointer(self, pointer, index):
        """Address of a number as a new pointer."""
        return self._address(pointer, index)

    def variables(self, count, initial):
        """Registers that keep a vector, or a number, through loops."""
        slots = [cgutils.alloca_once(self.builder, initial.raw.type) for _ in range(count)]
        for slot in slots:
            self.builder.store(initial.raw, slot)
        return slots

    def get(self, slot):
        """Value of a variable."""
        return Value(self.builder, self.builder.load(slot))

    def put(self, value, slot):
        """Set a variable."""
        self.builder.store(value.raw, slot)

    def any_lane(self, booleans):
        """Whether any lane holds."""
        bits = self.builder.bitcast(booleans.raw, ir.IntType(self.lanes))
        return self.builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    def lane_sum(self, value):
        """Sum of the lanes."""
        total = Value(self.builder, self.builder.extract_element(value.raw, _LANE(0)))
        for i in range(1, self.lanes):
            total = total + Value(self.builder, self.builder.extract_element(value.raw, _LANE(i)))
        return total

    @contextlib.contextmanager
    def loop(self, start, stop, step=1):
        """Indices from ``start`` below ``stop``."""
        builder, limits = self.builder, (start, stop, step)
        start, stop, step = (x.raw if isinstance(x, Value) else _INDEX(x) for x in limits)
        before, body = builder.block, builder.append_basic_block("body")
        after = builder.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", start, stop), body, after)
        builder.position_at_end(body)
        index = builder.phi(_INDEX)
        index.add_incoming(start, before)
        yield Value(builder, index)
        following = builder.add(index, step)
        index.add_incoming(following, builder.block)
        builder.cbranch(builder.icmp_signed("<", following, stop), body, after)
        builder.position_at_end(after)

    def _address(self, pointer, index):
        raw = index.raw if isinstance(index, Value) else _INDEX(index)
        return self.builder.gep(pointer, [raw])

    def _converted(self, value, element, convert):
        kind = value.raw.type
        if kind.element == element:
            return value
        return Value(self.builder, convert(value.raw, ir.VectorType(element, kind.count)))


def _is_float(kind):
    return isinstance(getattr(kind, "element", kind), (ir.FloatType, ir.DoubleType))
