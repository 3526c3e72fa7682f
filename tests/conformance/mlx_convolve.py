"""The C library, called from Python with NumPy arrays.

Only what the tests and benchmarks need: convolve() through handles, strided views included,
convolve_into() between plain pointers, the same two with options, convolve_rows(), explain(),
length(), and the memory counters. The library is the file that the environment variable
MLX_CONVOLVE_LIBRARY names, else the release build of this source tree.
"""

import ctypes
import os
import sys
from ctypes import (
    POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_ssize_t, c_void_p, sizeof,
)  # fmt: skip
from pathlib import Path

import ml_dtypes
import numpy as np

# In the order of MLX's numbers.
DTYPES = [
    np.dtype(t)
    for t in (
        np.bool_, np.uint8, np.uint16, np.uint32, np.uint64, np.int8, np.int16, np.int32, np.int64,
        np.float16, np.float32, np.float64, ml_dtypes.bfloat16, np.complex64,
    )
]  # fmt: skip
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
MODES = ["full", "valid", "same"]
BOUNDARIES = ["zero", "edge", "symmetric", "reflect", "wrap"]
OPERATIONS = ["convolve", "correlate"]
ACCURACIES = ["normwise", "componentwise"]
DEVICES = ["cpu", "gpu"]
UNSUPPORTED = 2


class Error(Exception):
    """A call that failed: its status, the status in words, and the message."""

    def __init__(self, status):
        self.status = status
        words = _status_string(status).decode()
        super().__init__(f"{words}: {_last_error().decode()}")


class _Handle(ctypes.Structure):
    """mlx_array, mlx_stream and mlx_string are all a struct of one pointer."""

    _fields_ = [("ctx", c_void_p)]


class Options(ctypes.Structure):
    """mlx_convolve_options. Options("same", boundary="wrap", count=5): the rest are defaults."""

    _fields_ = [
        ("size", c_size_t), ("mode", c_int32), ("dtype", c_int32), ("accuracy", c_int32),
        ("boundary", c_int32), ("operation", c_int32), ("subnormals", c_int32), ("axis", c_int32),
        ("reserved", c_int32), ("first", c_size_t), ("count", c_size_t),
    ]  # fmt: skip

    def __init__(
        self, mode="full", dtype=None, boundary="zero", operation="convolve", axis=-1, first=0,
        count=None, accuracy="normwise",
    ):  # fmt: skip
        _check(_options_init(byref(self), sizeof(self)))
        self.mode, self.boundary = MODES.index(mode), BOUNDARIES.index(boundary)
        self.operation, self.axis, self.first = OPERATIONS.index(operation), axis, first
        self.accuracy = ACCURACIES.index(accuracy)
        if dtype is not None:
            self.dtype = _dtype_number(dtype)
        if count is not None:
            self.count = count


class _Rows(ctypes.Structure):
    """mlx_rows and mlx_rows_out."""

    _fields_ = [
        ("data", c_void_p), ("dtype", c_int32), ("len", c_size_t), ("stride", c_ssize_t),
        ("step", c_ssize_t),
    ]  # fmt: skip

    @classmethod
    def of(cls, values):
        """The rows of a 2-D NumPy array, or a 1-D array as every row, where they lie."""
        strides = [stride // values.itemsize for stride in values.strides]
        assert all(stride % values.itemsize == 0 for stride in values.strides)
        step = strides[0] if values.ndim == 2 else 0
        number = _dtype_number(values.dtype)
        return cls(values.ctypes.data, number, values.shape[-1], strides[-1], step)


def _library_path():
    suffix = "dylib" if sys.platform == "darwin" else "so"
    built = Path(__file__).parents[2] / "target" / "release" / f"libmlx_convolve.{suffix}"
    return os.environ.get("MLX_CONVOLVE_LIBRARY") or str(built)


_library = ctypes.CDLL(_library_path())


def _function(name, result, *arguments):
    """The function that C spells mlx_NAME: exported as mlx_convolve_NAME."""
    function = getattr(_library, name if name.startswith("mlx_") else f"mlx_convolve_{name}")
    function.restype, function.argtypes = result, arguments
    return function


_status_string = _function("status_string", c_char_p, c_int32)
_last_error = _function("last_error", c_char_p)
_string_data = _function("string_data", c_char_p, _Handle)
_string_free = _function("string_free", c_int32, _Handle)
_array_new_data = _function("array_new_data", _Handle, c_void_p, POINTER(c_int), c_int, c_int32)
_array_new_data_managed = _function(
    "array_new_data_managed", _Handle, c_void_p, POINTER(c_int), c_int, c_int32, c_void_p
)
_array_free = _function("array_free", c_int32, _Handle)
_array_size = _function("array_size", c_size_t, _Handle)
_array_ndim = _function("array_ndim", c_size_t, _Handle)
_array_shape = _function("array_shape", POINTER(c_int), _Handle)
_array_strides = _function("array_strides", POINTER(c_int64), _Handle)
_array_dtype = _function("array_dtype", c_int32, _Handle)
_array_data = _function("array_data_uint8", c_void_p, _Handle)
_as_strided = _function(
    "as_strided", c_int32, POINTER(_Handle), _Handle, POINTER(c_int), c_size_t,
    POINTER(c_int64), c_size_t, c_size_t, _Handle,
)  # fmt: skip
_device_new_type = _function("device_new_type", _Handle, c_int32, c_int)
_device_free = _function("device_free", c_int32, _Handle)
_set_default_device = _function("set_default_device", c_int32, _Handle)
_default_stream_new = _function("default_stream_new", _Handle)
_stream_new_device = _function("stream_new_device", _Handle, _Handle)
_stream_free = _function("stream_free", c_int32, _Handle)
_synchronize = _function("synchronize", c_int32, _Handle)
_convolve = _function(
    "mlx_convolve", c_int32, POINTER(_Handle), POINTER(_Handle), c_int32, _Handle, POINTER(_Handle)
)
_convolve_into = _function(
    "mlx_convolve_into", c_int32, c_void_p, c_size_t, c_void_p, c_size_t, c_int32, c_int32,
    c_void_p, c_size_t,
)  # fmt: skip
_options_init = _function("mlx_convolve_options_init", c_int32, POINTER(Options), c_size_t)
_convolve_with = _function(
    "mlx_convolve_with", c_int32, POINTER(_Handle), POINTER(_Handle), POINTER(Options), _Handle,
    POINTER(_Handle),
)  # fmt: skip
_convolve_into_with = _function(
    "mlx_convolve_into_with", c_int32, c_void_p, c_size_t, c_void_p, c_size_t, c_int32,
    POINTER(Options), c_void_p, c_size_t,
)  # fmt: skip
_convolve_rows = _function(
    "mlx_convolve_rows", c_int32, POINTER(_Rows), POINTER(_Rows), c_size_t, POINTER(Options),
    POINTER(_Rows),
)  # fmt: skip
_length_with = _function(
    "mlx_convolve_length_with", c_int32, c_size_t, c_size_t, POINTER(Options), POINTER(c_size_t)
)
_length = _function("mlx_convolve_length", c_size_t, c_size_t, c_size_t, c_int32)
_explain = _function(
    "mlx_convolve_explain", c_int32, c_size_t, c_size_t, c_int32, c_int32, POINTER(_Handle)
)
_set_num_threads = _function("set_num_threads", c_int32, c_int)
_version = _function("mlx_convolve_version", c_char_p)
_get_active_memory = _function("get_active_memory", c_int32, POINTER(c_size_t))
_get_peak_memory = _function("get_peak_memory", c_int32, POINTER(c_size_t))
_reset_peak_memory = _function("reset_peak_memory", c_int32)


def _check(status):
    if status != 0:
        raise Error(status)


def _dtype_number(dtype):
    return DTYPES.index(np.dtype(dtype))


class Array:
    """An array of the library. Frees its handle when it goes."""

    def __init__(self, handle):
        if not handle.ctx:
            raise Error(1)
        self.handle = handle

    def __del__(self):
        if handle := self.__dict__.get("handle"):
            _array_free(handle)

    @classmethod
    def of(cls, values):
        """NumPy values. Of 1-D ones the memory that they span is copied, strides and all, and
        viewed."""
        if values.ndim != 1:
            return cls.contiguous(np.ascontiguousarray(values))
        step = values.strides[0] // values.itemsize
        if values.strides[0] % values.itemsize:
            raise ValueError("strides are in whole elements")
        reach = step * (len(values) - 1)
        spanned = np.lib.stride_tricks.as_strided(
            values[-1:] if reach < 0 else values, (abs(reach) + 1,), (values.itemsize,)
        )
        base = cls.contiguous(spanned)
        return base if step == 1 else base.view(len(values), step, max(0, -reach))

    @classmethod
    def contiguous(cls, values):
        """A copy of contiguous values, of any number of dimensions."""
        assert values.flags.c_contiguous
        shape = (c_int * values.ndim)(*values.shape)
        number = _dtype_number(values.dtype)
        return cls(_array_new_data(values.ctypes.data, shape, values.ndim, number))

    @classmethod
    def borrowed(cls, values):
        """Contiguous values where they lie. They must not change before they were read."""
        assert values.flags.c_contiguous
        shape = (c_int * values.ndim)(*values.shape)
        number = _dtype_number(values.dtype)
        array = cls(_array_new_data_managed(values.ctypes.data, shape, values.ndim, number, None))
        array.lender = values
        return array

    def view(self, length, stride, offset):
        """`length` elements, `stride` apart, from element `offset`."""
        result, stream = _Handle(), _default_stream_new()
        status = _as_strided(
            byref(result), self.handle, (c_int * 1)(length), 1, (c_int64 * 1)(stride), 1, offset,
            stream,
        )  # fmt: skip
        _stream_free(stream)
        _check(status)
        return Array(result)

    def wait(self):
        """Waits for the values of a result, on the host. Returns their address."""
        address = _array_data(self.handle)
        if not address:
            raise Error(1)
        return address

    def numpy(self):
        """A copy of the values of a result, which is contiguous."""
        address = self.wait()
        dtype, size = DTYPES[_array_dtype(self.handle)], _array_size(self.handle)
        dimensions = range(_array_ndim(self.handle))
        shape = [_array_shape(self.handle)[i] for i in dimensions]
        strides = [_array_strides(self.handle)[i] for i in dimensions]
        assert size == 0 or strides == [int(np.prod(shape[i + 1 :])) for i in dimensions]
        return np.frombuffer(ctypes.string_at(address, size * dtype.itemsize), dtype).reshape(shape)


class Stream:
    """A stream of a device: "cpu" or "gpu"."""

    def __init__(self, kind, index=0):
        device = _device_new_type(DEVICES.index(kind), index)
        self.handle = _stream_new_device(device)
        _device_free(device)
        if not self.handle.ctx:
            raise Error(4)

    def __del__(self):
        if (handle := self.__dict__.get("handle")) and handle.ctx:
            _stream_free(handle)

    def convolve(self, a, v, options=None):
        """mlx_convolve_with of two Arrays, as an Array that may still be computed."""
        out = _Handle()
        _check(
            _convolve_with(
                byref(a.handle), byref(v.handle), options and byref(options), self.handle, byref(out)
            )
        )
        return Array(out)

    def synchronize(self):
        """mlx_synchronize."""
        _check(_synchronize(self.handle))


def convolve(a, v, mode="full"):
    """mlx_convolve of two NumPy arrays, each of any dtype and strides, as a NumPy array."""
    a, v, out, stream = Array.of(a), Array.of(v), _Handle(), _default_stream_new()
    status = _convolve(
        byref(a.handle), byref(v.handle), MODES.index(mode), stream, byref(out)
    )  # fmt: skip
    _stream_free(stream)
    _check(status)
    return Array(out).numpy()


def bind_into(a, v, out, mode="full"):
    """mlx_convolve_into of contiguous arrays of one dtype, ready to be called over and over."""
    assert a.dtype == v.dtype == out.dtype
    assert all(x.flags.c_contiguous for x in (a, v, out))
    arguments = (
        c_void_p(a.ctypes.data), c_size_t(len(a)), c_void_p(v.ctypes.data), c_size_t(len(v)),
        c_int32(_dtype_number(a.dtype)), c_int32(MODES.index(mode)),
        c_void_p(out.ctypes.data), c_size_t(len(out)),
    )  # fmt: skip
    return lambda: _convolve_into(*arguments)


def convolve_into(a, v, out, mode="full"):
    """mlx_convolve_into, checked."""
    _check(bind_into(a, v, out, mode)())


def convolve_with(a, v, options=None):
    """mlx_convolve_with of two NumPy arrays, each of any dtype, as a NumPy array."""
    a, v, out, stream = Array.of(a), Array.of(v), _Handle(), _default_stream_new()
    status = _convolve_with(
        byref(a.handle), byref(v.handle), options and byref(options), stream, byref(out)
    )  # fmt: skip
    _stream_free(stream)
    _check(status)
    return Array(out).numpy()


def bind_into_with(a, v, out, options=None):
    """mlx_convolve_into_with of contiguous arrays, ready to be called over and over."""
    assert a.dtype == v.dtype and all(x.flags.c_contiguous for x in (a, v, out))
    arguments = (
        c_void_p(a.ctypes.data), c_size_t(len(a)), c_void_p(v.ctypes.data), c_size_t(len(v)),
        c_int32(_dtype_number(a.dtype)), options and byref(options),
        c_void_p(out.ctypes.data), c_size_t(len(out)),
    )  # fmt: skip
    return lambda: _convolve_into_with(*arguments)


def convolve_into_with(a, v, out, options=None):
    """mlx_convolve_into_with, checked."""
    _check(bind_into_with(a, v, out, options)())


def convolve_rows(a, v, out, options=None):
    """mlx_convolve_rows, where the arrays lie. A 1-D array is every row, a 2-D array has a row for
    each; `out` is 2-D."""
    # `a` and `v` still refer to the values, which a caller may hold nowhere else.
    in_a, in_v, rows = (byref(_Rows.of(x)) for x in (a, v, out))
    _check(_convolve_rows(in_a, in_v, len(out), options and byref(options), rows))


def length_with(a_len, v_len, options=None):
    """mlx_convolve_length_with."""
    out = c_size_t()
    _check(_length_with(a_len, v_len, options and byref(options), byref(out)))
    return out.value


def length(a_len, v_len, mode="full"):
    """mlx_convolve_length."""
    return _length(a_len, v_len, MODES.index(mode))


def explain(a_len, v_len, dtype, mode="full"):
    """mlx_convolve_explain's lines `key: value` as a dictionary, and the whole text as `text`."""
    out = _Handle()
    _check(_explain(a_len, v_len, _dtype_number(dtype), MODES.index(mode), byref(out)))
    text = _string_data(out).decode()
    _string_free(out)
    lines = (line.split(": ", 1) for line in text.splitlines())
    return {line[0]: line[1] for line in lines if len(line) == 2} | {"text": text}


def set_default_device(kind, index=0):
    """mlx_set_default_device. Arrays are then computed on this device's default stream, and explain()
    is about it; plain pointers and rows stay with the CPU."""
    device = _device_new_type(DEVICES.index(kind), index)
    status = _set_default_device(device)
    _device_free(device)
    _check(status)


def set_num_threads(threads):
    """mlx_set_num_threads."""
    _check(_set_num_threads(threads))


def version():
    """mlx_convolve_version."""
    return _version().decode()


def reset_peak_memory():
    """mlx_reset_peak_memory. Returns the bytes that are active, from which the peak rises anew."""
    active = c_size_t()
    _check(_reset_peak_memory())
    _check(_get_active_memory(byref(active)))
    return active.value


def peak_memory():
    """mlx_get_peak_memory."""
    peak = c_size_t()
    _check(_get_peak_memory(byref(peak)))
    return peak.value
