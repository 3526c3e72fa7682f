"""The MLX operations of which a convolution consists; and a stream of a GPU, for graphs that nobody evaluates."""

import ctypes

import mlx.core as mx

import mlxc


def operations(function, *arguments):
    """What mx.export_function tells of each operation: its name, its arguments, its inputs and outputs with shapes."""
    told = []
    mx.export_function(told.append, function, *arguments)
    return [each for each in told if each["type"] == "primitive"]


def block_of(function, *arguments):
    """The elements that a block reads: the rows that are joined of the end of one block and the next one."""
    for each in operations(function, *arguments):
        if each["name"] == "Concatenate" and each["arguments"] == [1]:
            return each["outputs"][0][1][1]
    return None


class _Stream(ctypes.Structure):
    """What MLX's C++ library has for a stream: its number, and its device's kind and number."""

    _fields_ = [("number", ctypes.c_int), ("kind", ctypes.c_int), ("device", ctypes.c_int)]


_here = mx.default_stream(mx.cpu)
_same = _Stream.from_address(mlxc.handle(_here).ctx)
assert _same.kind == 0 and repr(_here) == f"Stream(Device(cpu, {_same.device}), {_same.number})"

_gpu = _Stream(0, 1, 0)
# MLX needs no GPU for it, as long as nothing is evaluated.
GPU = mlxc.Handle(ctypes.addressof(_gpu))
