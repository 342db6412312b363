"""Costs of several destinations as one vector of the processor, where the compiler does not find that by itself."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: ARG001
# numba reads the parameters of these functions by their names

LANES = 16
"""Costs in a vector. Rows are filled up to a multiple of this."""


def _line(context: Any, builder: Any, kind: Any, value: Any) -> tuple[Any, Any, Any]:
    """An array's data, the length of its rows (of the array itself, if it has but one), and the type of a vector."""
    array = context.make_array(kind)(context, builder, value)
    wide = cgutils.unpack_tuple(builder, array.shape)[-1]
    return array.data, wide, ir.VectorType(context.get_value_type(kind.dtype), LANES)


def _load(builder: Any, data: Any, at: Any, vector: Any) -> Any:
    """The vector that begins at an element."""
    place = builder.bitcast(builder.gep(data, [at]), vector.as_pointer())
    return builder.load(place, align=vector.element.width // 8)


def _store(builder: Any, value: Any, data: Any, at: Any) -> None:
    """Write the vector that begins at an element."""
    place = builder.bitcast(builder.gep(data, [at]), value.type.as_pointer())
    builder.store(value, place, align=value.type.element.width // 8)


def _counted(typing: Any, cost: Any, level: Any, count: Any) -> Any:
    """Of counted(cost, level, count): set count[k] to the number of rows of `cost` that are not above level[k] there.

    `cost` (rows, n) and `level`, `count` (n,) are contiguous, of one type; n is a multiple of `LANES`.
    """

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, wide, vector = _line(context, builder, signature.args[0], arguments[0])
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        rows = cgutils.unpack_tuple(builder, array.shape)[0]
        levels, _, _ = _line(context, builder, signature.args[1], arguments[1])
        counts, _, _ = _line(context, builder, signature.args[2], arguments[2])
        whole = wide.type
        total = cgutils.alloca_once(builder, vector)
        step, one, zero = ir.Constant(whole, LANES), ir.Constant(whole, 1), ir.Constant(whole, 0)
        with cgutils.for_range_slice(builder, zero, wide, step, whole) as (column, _):
            most = _load(builder, levels, column, vector)
            builder.store(ir.Constant(vector, None), total)
            with cgutils.for_range_slice(builder, zero, rows, one, whole) as (row, _):
                here = _load(builder, table, builder.add(builder.mul(row, wide), column), vector)
                fits = builder.zext(builder.icmp_signed("<=", here, most), vector)
                builder.store(builder.add(builder.load(total), fits), total)
            _store(builder, builder.load(total), counts, column)
        return context.get_dummy_value()

    return types.void(cost, level, count), make


def _lowered(typing: Any, target: Any, row: Any, source: Any, other: Any, gap: Any) -> Any:
    """Of lowered(target, i, source, j, gap): set target[i, k] to source[j, k] + gap where that is less.

    Both tables are contiguous, of one type, with rows of one length, a multiple of `LANES`. No sum may overflow.
    """

    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        table, wide, vector = _line(context, builder, signature.args[0], arguments[0])
        rows, _, _ = _line(context, builder, signature.args[2], arguments[2])
        whole, index = wide.type, ir.IntType(32)
        to, by = builder.mul(arguments[1], wide), builder.mul(arguments[3], wide)
        first = builder.insert_element(ir.Constant(vector, ir.Undefined), arguments[4], ir.Constant(index, 0))
        spread = ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
        added = builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), spread)
        step, zero = ir.Constant(whole, LANES), ir.Constant(whole, 0)
        with cgutils.for_range_slice(builder, zero, wide, step, whole) as (column, _):
            here = _load(builder, table, builder.add(to, column), vector)
            new = builder.add(_load(builder, rows, builder.add(by, column), vector), added)
            _store(
                builder, builder.select(builder.icmp_signed("<", new, here), new, here), table, builder.add(to, column)
            )
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, target.dtype), make


counted: Any = intrinsic(_counted)
lowered: Any = intrinsic(_lowered)
