//! Memory runs out at any allocation of a call. When the call returns, everything that it took from
//! the reserve is back.

use std::ffi::{c_char, c_int, c_void};
use std::ptr::null_mut;

use super::array::*;
use super::convolve::*;
use super::device::*;
use super::dtype::*;
use super::error::*;
use super::mode::*;
use super::stream::*;
use super::string::*;
use crate::memory::reserve;
use crate::memory::system::shortage;

const A_LEN: usize = 300_000;
const V_LEN: usize = 2000;

/// The handles that the calls read, and the handles that the calls write.
struct Handles {
    a: mlx_array,
    v: mlx_array,
    cube: mlx_array,
    stream: mlx_stream,
    device: mlx_device,
    text: mlx_string,
    made_array: mlx_array,
    made_stream: mlx_stream,
    made_device: mlx_device,
    made_text: mlx_string,
    values: Vec<f32>,
}

impl Handles {
    fn new() -> Self {
        let values = vec![1.0_f32; A_LEN];
        // SAFETY: there are as many values as the shapes say.
        let new = |shape: &[c_int]| unsafe {
            let dim = shape.len() as c_int;
            mlx_convolve_array_new_data(values.as_ptr().cast(), shape.as_ptr(), dim, MLX_FLOAT32)
        };
        let (a, v, cube) = (new(&[A_LEN as c_int]), new(&[V_LEN as c_int]), new(&[3, 4, 5]));
        let device = mlx_convolve_device_new_type(MLX_CPU, 0);
        // SAFETY: a live device, and a text that ends with a zero byte.
        let (stream, text) = unsafe {
            (
                mlx_convolve_stream_new_device(device),
                mlx_convolve_string_new_data(c"a text".as_ptr()),
            )
        };
        let (made_array, made_stream) = (mlx_convolve_array_new(), mlx_convolve_stream_new());
        let (made_device, made_text) = (mlx_convolve_device_new(), mlx_convolve_string_new());
        Self {
            a,
            v,
            cube,
            stream,
            device,
            text,
            made_array,
            made_stream,
            made_device,
            made_text,
            values,
        }
    }

    /// Frees the objects that a call has made.
    fn free_made(&mut self) {
        // SAFETY: the handles are empty, or live and used by nobody.
        unsafe {
            mlx_convolve_array_eval(self.made_array);
            mlx_convolve_array_free(std::mem::replace(
                &mut self.made_array,
                mlx_convolve_array_new(),
            ));
            mlx_convolve_stream_free(std::mem::replace(
                &mut self.made_stream,
                mlx_convolve_stream_new(),
            ));
            mlx_convolve_device_free(std::mem::replace(
                &mut self.made_device,
                mlx_convolve_device_new(),
            ));
            mlx_convolve_string_free(std::mem::replace(
                &mut self.made_text,
                mlx_convolve_string_new(),
            ));
        }
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.free_made();
        // SAFETY: the handles are live and used by nobody.
        unsafe {
            for array in [self.a, self.v, self.cube] {
                mlx_convolve_array_free(array);
            }
            mlx_convolve_stream_free(self.stream);
            mlx_convolve_device_free(self.device);
            mlx_convolve_string_free(self.text);
        }
    }
}

unsafe extern "C" fn ignore(_: *const c_char, _: *mut c_void) {}

/// The status of a constructor, as its handle shows it.
fn made(ctx: *mut c_void) -> mlx_status {
    if ctx.is_null() { MLX_STATUS_OUT_OF_MEMORY } else { MLX_STATUS_SUCCESS }
}

type Call = fn(&mut Handles) -> mlx_status;

/// Every kind of call that takes memory.
// SAFETY: the handles are empty or live, and there are as many values as the calls are told.
const CALLS: &[(&str, Call)] = unsafe {
    &[
        ("string_new_data", |h| {
            h.made_text = mlx_convolve_string_new_data(c"another".as_ptr());
            made(h.made_text.ctx)
        }),
        ("string_set", |h| mlx_convolve_string_set(&mut h.made_text, h.text)),
        ("explain", |h| {
            mlx_convolve_explain(A_LEN, V_LEN, MLX_INT64, MLX_MODE_SAME, &mut h.made_text)
        }),
        ("device_new_type", |h| {
            h.made_device = mlx_convolve_device_new_type(MLX_CPU, 0);
            made(h.made_device.ctx)
        }),
        ("device_tostring", |h| mlx_convolve_device_tostring(&mut h.made_text, h.device)),
        ("stream_new_device", |h| {
            h.made_stream = mlx_convolve_stream_new_device(h.device);
            made(h.made_stream.ctx)
        }),
        ("stream_set", |h| mlx_convolve_stream_set(&mut h.made_stream, h.stream)),
        ("default_cpu_stream_new", |h| {
            h.made_stream = mlx_convolve_default_cpu_stream_new();
            made(h.made_stream.ctx)
        }),
        ("get_default_stream", |h| mlx_convolve_get_default_stream(&mut h.made_stream, h.device)),
        ("set_default_stream", |h| mlx_convolve_set_default_stream(h.stream)),
        ("array_new_float32", |h| {
            h.made_array = mlx_convolve_array_new_float32(1.0);
            made(h.made_array.ctx)
        }),
        ("array_set", |h| mlx_convolve_array_set(&mut h.made_array, h.cube)),
        ("array_set_data", |h| {
            let (values, shape) = (h.values.as_ptr().cast(), [2, 3, 4]);
            mlx_convolve_array_set_data(&mut h.made_array, values, shape.as_ptr(), 3, MLX_FLOAT32)
        }),
        ("array_new_data_managed", |h| {
            let (values, shape) = (h.values.as_mut_ptr().cast(), [2, 3, 4]);
            h.made_array =
                mlx_convolve_array_new_data_managed(values, shape.as_ptr(), 3, MLX_FLOAT32, None);
            made(h.made_array.ctx)
        }),
        ("array_tostring", |h| mlx_convolve_array_tostring(&mut h.made_text, h.cube)),
        ("as_strided", |h| {
            let (shape, strides) = ([2, 2, 2], [1, 1, 1]);
            let (shape, strides, made) = (shape.as_ptr(), strides.as_ptr(), &mut h.made_array);
            mlx_convolve_as_strided(made, h.cube, shape, 3, strides, 3, 0, h.stream)
        }),
        ("convolve, at once", |h| {
            mlx_convolve(&h.v, &h.v, MLX_MODE_VALID, h.stream, &mut h.made_array)
        }),
        ("convolve, queued", |h| {
            mlx_convolve(&h.a, &h.v, MLX_MODE_FULL, h.stream, &mut h.made_array)
        }),
        ("convolve, queued on a new stream", |h| {
            mlx_convolve(&h.a, &h.v, MLX_MODE_FULL, h.made_stream, &mut h.made_array)
        }),
        ("synchronize", |h| mlx_convolve_synchronize(h.stream)),
        ("convolve_into", |h| {
            let values = h.values.as_mut_ptr();
            let (read, out) = (values.cast_const().cast(), values.add(8000).cast());
            mlx_convolve_into(read, 4000, read, 900, MLX_FLOAT32, MLX_MODE_SAME, out, 4000)
        }),
        ("convolve, refused", |h| {
            mlx_convolve(&h.cube, &h.v, MLX_MODE_FULL, h.stream, &mut h.made_array)
        }),
        ("array_eval, refused", |h| mlx_convolve_array_eval(h.made_array)),
        ("convolve_into, refused", |h| {
            let values = h.values.as_mut_ptr();
            mlx_convolve_into(values.cast(), 9, values.cast(), 9, MLX_FLOAT32, 0, null_mut(), 17)
        }),
    ]
};

#[test]
fn whatever_a_call_took_from_the_reserve_comes_back() {
    let _runs_out = reserve::RUNS_OUT.lock();
    assert!(reserve::is_whole());
    // Other tests have taken more than a call takes.
    reserve::was_enough();
    for (name, call) in CALLS {
        let mut failures = 0;
        // Allocations fail from the first on, then from the second on, and so on, until none fails.
        for given in 0.. {
            assert!(given < 1000, "{name}: endless");
            // A new thread, which has no default stream yet.
            let (status, is_whole, has_failed) = std::thread::scope(|scope| {
                let one_call = || {
                    let mut handles = Handles::new();
                    if name.contains("new stream") {
                        // SAFETY: a live device.
                        handles.made_stream =
                            unsafe { mlx_convolve_stream_new_device(handles.device) };
                    }
                    crate::convolve::clear_cache();
                    let (status, has_failed) = shortage::after(given, || call(&mut handles));
                    (status, reserve::is_whole(), has_failed)
                };
                scope.spawn(one_call).join().unwrap()
            });
            assert!(is_whole, "{name}: the reserve is not whole after {given} allocations");
            assert!(
                reserve::was_enough(),
                "{name}: takes more than its share after {given} allocations"
            );
            match status {
                MLX_STATUS_INVALID_ARGUMENT => assert!(name.contains("refused"), "{name}"),
                MLX_STATUS_OUT_OF_MEMORY => assert!(has_failed, "{name}"),
                _ => assert_eq!(status, MLX_STATUS_SUCCESS, "{name}"),
            }
            if !has_failed {
                break;
            }
            failures += 1;
        }
        assert!(failures > 0 || *name == "synchronize", "{name}: nothing failed");
    }
}

/// Setting the handler cannot fail. The handler keeps its piece of the reserve until it is replaced.
#[test]
fn a_handler_set_without_memory_is_there_and_goes() {
    let _runs_out = reserve::RUNS_OUT.lock();
    // SAFETY: the function may be called on any thread.
    shortage::after(0, || unsafe {
        mlx_convolve_set_error_handler(Some(ignore), null_mut(), None)
    });
    // SAFETY: no function is passed.
    unsafe { mlx_convolve_set_error_handler(None, null_mut(), None) };
    assert!(reserve::is_whole());
}
