"""convolve(a, v): mlx_convolve of mlxc/ with the signature of mx.convolve, on the arrays of mlx.core.

mlx-c's handles are structs with one pointer to an object of MLX's C++ library. Python's objects contain such objects,
and both use the same libmlx.so; so Python's arrays and streams are passed as mlx-c's handles, traced arrays too.
MLXC_LIBRARY names a library with mlx_convolve_mlxc and mlx-c in it.
"""

import ctypes
import os
import threading

import mlx.core as mx  # before mlx-c, so that both have the libmlx.so of this package

# The calls keep Python's lock, as those of mlx.core do.
_library = ctypes.PyDLL(os.environ["MLXC_LIBRARY"])
_messages = threading.local()
MODES = {"full": 0, "valid": 1, "same": 2}


class Handle(ctypes.Structure):
    """mlx_array or mlx_stream."""

    _fields_ = [("ctx", ctypes.c_void_p)]


_library.mlx_convolve_mlxc.argtypes = [
    ctypes.POINTER(Handle), ctypes.POINTER(Handle), ctypes.c_int32, Handle, ctypes.POINTER(Handle)
]  # fmt: skip
_library.mlx_array_nbytes.argtypes = [Handle]
_library.mlx_array_nbytes.restype = ctypes.c_size_t


@ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)
def _handler(message, _):
    _messages.seen.append(message.decode())


_library.mlx_set_error_handler(_handler, None, None)


def handle(item):
    """A handle of the C++ object in a Python object of nanobind's, which begins with that object's distance.

    It is good as long as the Python object lives.
    """
    header = object.__basicsize__
    return Handle(id(item) + ctypes.c_int32.from_address(id(item) + header).value)


def _stream(stream):
    if stream is None:
        stream = mx.default_device()
    return mx.default_stream(stream) if isinstance(stream, (mx.Device, mx.DeviceType)) else stream


def convolve(a, v, mode="full", *, stream=None):
    """As mx.convolve; an error is a RuntimeError with the one message that mlx-c's handler was given."""
    stream = _stream(stream)
    out = mx.array(0)  # the handle that the result is put into
    _messages.seen = []
    status = _library.mlx_convolve_mlxc(
        handle(a),
        handle(v),
        MODES.get(mode, mode),
        stream if isinstance(stream, Handle) else handle(stream),
        handle(out),
    )
    if status:
        assert out.item() == 0 and len(_messages.seen) == 1, (out, _messages.seen)
        raise RuntimeError(_messages.seen[0])
    assert not _messages.seen, _messages.seen
    return out


# Whether the handles are what they are taken for.
assert _library.mlx_array_nbytes(handle(mx.zeros((7, 3), mx.float16))) == 42
