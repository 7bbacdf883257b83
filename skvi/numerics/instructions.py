"""Functions whose compiled form is written instruction by instruction."""

from __future__ import annotations

import inspect

import numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from skvi.numerics.tiles import LANE_BYTES, Code

__all__ = ["Arrays", "written_by"]


class Arrays:
    """Pointers and shapes of the arguments of a function whose instructions are being written.

    Parameters
    ----------
    context, builder, signature, arguments
        As numba hands them to a code generator.
    names : sequence of str
        Arrays become attributes ``name`` (pointer) and ``name_shape``; the rest become indices.
    scalar_of : str
        Name of the array whose precision is that of the code.
    lane_bytes : int
        Bytes of a vector.
    """

    def __init__(self, context, builder, signature, arguments, names, scalar_of, lane_bytes):
        kinds = dict(zip(names, signature.args, strict=True))
        self.code = Code(builder, context.get_data_type(kinds[scalar_of].dtype), lane_bytes)
        for name, argument in zip(names, arguments, strict=True):
            if hasattr(kinds[name], "ndim"):
                array = context.make_array(kinds[name])(context, builder, argument)
                shape = cgutils.unpack_tuple(builder, array.shape)
                setattr(self, name, array.data)
                setattr(self, f"{name}_shape", [self.code.index(size) for size in shape])
            else:
                setattr(self, name, self.code.index(argument))


def written_by(write, scalar_of, returns=types.void, lane_bytes=LANE_BYTES):
    """Give a function of arrays and numbers a compiled form for use inside kernels.

    The decorated function, in terms of whole arrays, says what the instructions compute, and does
    it where ``NUMBA_DISABLE_JIT=1``.

    Parameters
    ----------
    write : callable
        Called with :class:`Arrays` to write the instructions; gives the raw result, if any.
    scalar_of : str
        Name of the argument whose precision is that of the code.
    returns : numba type, default=void
    lane_bytes : int, default=LANE_BYTES
        Bytes of a vector.

    Returns
    -------
    decorator
    """

    def decorate(function):
        if numba.config.DISABLE_JIT:
            return function
        names = tuple(inspect.signature(function).parameters)

        def typed(typing_context, *kinds):
            signature = returns(*(_plain(kind) for kind in kinds))

            def codegen(context, builder, signature, arguments):
                scalars = names, scalar_of, lane_bytes
                arrays = Arrays(context, builder, signature, arguments, *scalars)
                result = write(arrays)
                return context.get_dummy_value() if returns is types.void else result

            return signature, codegen

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in ("typing_context", *names)]
        typed.__signature__ = inspect.Signature(parameters)
        typed.__name__, typed.__doc__ = function.__name__, function.__doc__
        compiled = intrinsic(typed)
        compiled.by_arrays = function
        return compiled

    return decorate


def _plain(kind):
    if isinstance(kind, (types.Integer, types.Boolean)):
        return types.intp
    return types.float64 if isinstance(kind, types.Float) else kind
