//! Devices

use std::ffi::{c_int, c_void};

use super::boundary::{status, value};
use super::error::mlx_status;
use super::handle::{Out, borrow, free, handle, make};
use super::pointer::Place;
use super::string::{mlx_string, printed};
use crate::error::{Error, Result};
use crate::stream::{
    Device, DeviceType, default_device, device_count, is_metal, set_default_device,
};

/// The kind of a device: MLX_CPU or MLX_GPU.
pub type mlx_device_type = i32;

/// The processor that the program runs on. It is always present, and its index is 0.
pub const MLX_CPU: mlx_device_type = 0;
/// A graphics processor, through Metal on Apple's systems and Vulkan elsewhere. There is none if the
/// library was built without the CMake option MLX_CONVOLVE_GPU, which is on by default on Apple's
/// systems only, and none in a fully static program. The library looks for GPUs when a function first
/// asks about one. The environment variable MLX_CONVOLVE_GPU is read then: with "off" there is none,
/// with "software" adapters that compute on the processor serve, too. Without it, only hardware serves.
///
/// A stream of a GPU takes all dtypes but MLX_FLOAT64, which fails with MLX_STATUS_UNSUPPORTED. The
/// GPU computes with all options, on arrays of any strides and dimensions, filters of up to so many taps:
///   real floats                                          786433, by FFTs from some 260 taps on
///   the same with MLX_SUBNORMALS_FLUSH, or with
///   MLX_CONVOLVE_METHOD=direct                           4096
///   the same with MLX_ACCURACY_COMPONENTWISE             16384
///   complex numbers                                      4096, with MLX_ACCURACY_COMPONENTWISE 8192
///   integers of 8 to 32 bits                             4096
///   integers of 64 bits                                  512
///   bools                                                65536, with a boundary 4096
/// The library computes longer filters on the CPU, for the same stream; also real floats with more
/// than 4096 taps if so few outputs are wanted that FFTs do not pay, and signals that a boundary
/// repeats more than some 30 times. mlx_convolve_explain tells for the default device.
/// mlx_convolve_into and mlx_convolve_rows always compute on the CPU.
///
/// - The first convolution of each kind on a device compiles kernels and tries them. This may take
///   seconds, in which the call does not return. A kernel that does not compute as the CPU does is
///   refused: results that need it fail with MLX_STATUS_DEVICE_UNAVAILABLE.
/// - Results stay on the GPU. They are copied to the host when a function there first reads them, and
///   inputs to the GPU when a convolution there first reads them. Both copies are kept.
/// - Results have the error bounds that mlx_convolve states, and infinities and NaNs the same effect.
///   Integers and bools are exact. With infinities and NaNs, a call may take up to 15 times as long;
///   with patterns made for it, or sums all close to the largest number, up to 100 times. Subnormal numbers may count as 0. The bits of floats
///   depend on the device, its driver and the build of the library, and differ from the CPU's.
/// - If the device is lost, as may happen when a driver runs out of memory, values that only the
///   device had fail with MLX_STATUS_DEVICE_LOST, and so do calls on its streams. The next new
///   stream, or default stream, opens the device again.
/// - A forked child cannot use a GPU that its parent has asked about: its arrays and streams fail with
///   MLX_STATUS_DEVICE_LOST, new streams with MLX_STATUS_DEVICE_UNAVAILABLE.
/// - Do not ask for a GPU while a library is being loaded (in a constructor): drivers are loaded then.
pub const MLX_GPU: mlx_device_type = 1;

/// A device: its kind, and its index among the devices of this kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_device {
    /// Belongs to the library. NULL in an empty handle.
    pub ctx: *mut c_void,
}

handle!(mlx_device, Device, "device", b"mlxc dev");

/// Returns an empty handle, {NULL}, for functions that write a device. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_device_new() -> mlx_device {
    mlx_device::EMPTY
}

/// Returns the device of a kind and an index. The device need not be present:
/// mlx_device_is_available tells whether it is. Free the handle with mlx_device_free.
///
/// Returns an empty handle and sets mlx_last_error if `type` is unknown, if `index` is negative, or
/// if memory runs out.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_device_new_type(
    r#type: mlx_device_type,
    index: c_int,
) -> mlx_device {
    value(mlx_device::EMPTY, || {
        let kind = kind_arg(r#type)?;
        if index < 0 {
            return Err(Error::invalid(format!("index: {index} is negative")));
        }
        make(Device { kind, index })
    })
}

/// Frees `dev`. Succeeds and does nothing if the handle is empty. Fails with
/// MLX_STATUS_INVALID_ARGUMENT if the handle is foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_free(dev: mlx_device) -> mlx_status {
    status(|| free(dev, "dev"))
}

/// Makes `*dev` the same device as `src`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `src`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY. On failure, `*dev` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_set(
    dev: *mut mlx_device,
    src: mlx_device,
) -> mlx_status {
    status(|| Out::new(dev, "dev")?.set(*borrow(src, "src")?))
}

/// Writes a description such as "Device(cpu, 0)" to `*str`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty `dev`, foreign handle) or
/// MLX_STATUS_OUT_OF_MEMORY. On failure, `*str` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_tostring(
    str: *mut mlx_string,
    dev: mlx_device,
) -> mlx_status {
    status(|| Out::new(str, "str")?.set(printed(borrow(dev, "dev")?)?))
}

/// Returns whether both handles are the same device. Returns false and sets mlx_last_error if a
/// handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_equal(lhs: mlx_device, rhs: mlx_device) -> bool {
    value(false, || Ok(borrow(lhs, "lhs")? == borrow(rhs, "rhs")?))
}

/// Writes the index of `dev` among the devices of its kind to `*index`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*index` is
/// unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_get_index(
    index: *mut c_int,
    dev: mlx_device,
) -> mlx_status {
    status(|| {
        let index = Place::new(index, "index")?;
        index.write(borrow(dev, "dev")?.index);
        Ok(())
    })
}

/// Writes the kind of `dev` to `*type`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*type` is
/// unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_get_type(
    r#type: *mut mlx_device_type,
    dev: mlx_device,
) -> mlx_status {
    status(|| {
        let place = Place::new(r#type, "type")?;
        place.write(borrow(dev, "dev")?.kind as mlx_device_type);
        Ok(())
    })
}

/// Writes to `*avail` whether `dev` can be used now.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign handle). On failure, `*avail` is
/// unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_is_available(
    avail: *mut bool,
    dev: mlx_device,
) -> mlx_status {
    status(|| {
        let avail = Place::new(avail, "avail")?;
        avail.write(borrow(dev, "dev")?.is_available());
        Ok(())
    })
}

/// Writes the number of devices of a kind to `*count`. For MLX_CPU this number is 1. For MLX_GPU, the
/// first call looks for devices and may take some 0.1 s.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, unknown kind). On failure, `*count` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_count(
    count: *mut c_int,
    r#type: mlx_device_type,
) -> mlx_status {
    status(|| {
        let count = Place::new(count, "count")?;
        count.write(device_count(kind_arg(r#type)?));
        Ok(())
    })
}

/// Writes the default device of the process to `*dev`.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, foreign handle) or MLX_STATUS_OUT_OF_MEMORY. On
/// failure, `*dev` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_default_device(dev: *mut mlx_device) -> mlx_status {
    status(|| Out::new(dev, "dev")?.set(default_device()))
}

/// Makes `dev` the default device of the process, which mlx_default_stream_new uses.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle) or
/// MLX_STATUS_DEVICE_UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_set_default_device(dev: mlx_device) -> mlx_status {
    status(|| set_default_device(*borrow(dev, "dev")?).map_err(|error| error.of("dev")))
}

/// Writes to `*res` whether GPU 0 computes through Apple's Metal.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT (NULL). On failure, `*res` is unchanged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_metal_is_available(res: *mut bool) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(is_metal());
        Ok(())
    })
}

fn kind_arg(kind: mlx_device_type) -> Result<DeviceType> {
    match kind {
        MLX_CPU => Ok(DeviceType::Cpu),
        MLX_GPU => Ok(DeviceType::Gpu),
        _ => Err(Error::invalid(format!("type: {kind} is neither MLX_CPU nor MLX_GPU"))),
    }
}
