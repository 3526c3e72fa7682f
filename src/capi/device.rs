//! Devices

use std::ffi::{c_int, c_void};

use super::boundary::{status, value};
use super::error::mlx_status;
use super::handle::{Out, borrow, free, handle, make};
use super::pointer::Place;
use super::string::{mlx_string, printed};
use crate::error::{Error, Result};
use crate::stream::{Device, DeviceType, default_device, device_count, set_default_device};

/// A kind of device: MLX_CPU or MLX_GPU.
pub type mlx_device_type = i32;

/// The processor that the program runs on. Always there, with index 0.
pub const MLX_CPU: mlx_device_type = 0;
/// A graphics processor.
pub const MLX_GPU: mlx_device_type = 1;

/// A kind of device and an index among its kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_device {
    /// The library's; NULL in an empty handle.
    pub ctx: *mut c_void,
}

handle!(mlx_device, Device, "device", b"mlxc dev");

/// An empty handle, {NULL}: a destination for functions that fill in a device. Never fails.
#[unsafe(no_mangle)]
pub extern "C" fn mlx_convolve_device_new() -> mlx_device {
    mlx_device::EMPTY
}

/// A device by kind and index, whether it is there or not: mlx_device_is_available tells.
/// Free it with mlx_device_free. An empty handle on failure: MLX_STATUS_INVALID_ARGUMENT (unknown
/// kind, negative index), MLX_STATUS_OUT_OF_MEMORY.
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

/// Frees `dev`. An empty handle is nothing to free, and success. MLX_STATUS_INVALID_ARGUMENT for a
/// foreign handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_free(dev: mlx_device) -> mlx_status {
    status(|| free(dev, "dev"))
}

/// Makes `*dev` the device that `src` is. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty
/// `src`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*dev` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_set(
    dev: *mut mlx_device,
    src: mlx_device,
) -> mlx_status {
    status(|| Out::new(dev, "dev")?.set(*borrow(src, "src")?))
}

/// Fills in a description such as "Device(cpu, 0)". Fails with MLX_STATUS_INVALID_ARGUMENT (NULL,
/// empty `dev`, foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*str` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_tostring(
    str: *mut mlx_string,
    dev: mlx_device,
) -> mlx_status {
    status(|| Out::new(str, "str")?.set(printed(borrow(dev, "dev")?)?))
}

/// Whether both are the same device. false, and a failure, where one handle is empty or foreign.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_device_equal(lhs: mlx_device, rhs: mlx_device) -> bool {
    value(false, || Ok(borrow(lhs, "lhs")? == borrow(rhs, "rhs")?))
}

/// Fills in the index of `dev` among its kind. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty
/// or foreign handle); `*index` is untouched then.
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

/// Fills in the kind of `dev`. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or foreign
/// handle); `*type` is untouched then.
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

/// Fills in whether `dev` can be used now. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL, empty or
/// foreign handle); `*avail` is untouched then.
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

/// Fills in how many devices of a kind there are: one MLX_CPU. Fails with
/// MLX_STATUS_INVALID_ARGUMENT (NULL, unknown kind); `*count` is untouched then.
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

/// Fills in the default device of the process. Fails with MLX_STATUS_INVALID_ARGUMENT (NULL,
/// foreign handle) or MLX_STATUS_OUT_OF_MEMORY; `*dev` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_get_default_device(dev: *mut mlx_device) -> mlx_status {
    status(|| Out::new(dev, "dev")?.set(default_device()))
}

/// Makes `dev` the default device of the process, for mlx_default_stream_new. Fails with
/// MLX_STATUS_INVALID_ARGUMENT (empty or foreign handle) or MLX_STATUS_DEVICE_UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_set_default_device(dev: mlx_device) -> mlx_status {
    status(|| set_default_device(*borrow(dev, "dev")?).map_err(|error| error.of("dev")))
}

/// Fills in whether the GPU device computes through Apple's Metal. Fails with
/// MLX_STATUS_INVALID_ARGUMENT (NULL); `*res` is untouched then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_metal_is_available(res: *mut bool) -> mlx_status {
    status(|| {
        Place::new(res, "res")?.write(false);
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
