//! Calls of the C surface, as C makes them. The C tests call every function; these tests also look
//! at the inside.
// Each call keeps the header's contract, or breaks it where the library promises to notice.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CStr, c_int, c_void};
use std::process::Command;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::array::*;
use super::boundary::{status, value};
use super::convolve::*;
use super::data::*;
use super::dtype::*;
use super::error::*;
use super::item::*;
use super::mode::*;
use super::stream::*;
use super::string::*;

fn message() -> String {
    unsafe { CStr::from_ptr(mlx_convolve_last_error()) }.to_str().unwrap().to_owned()
}

fn floats(values: &[f32]) -> mlx_array {
    let shape = [values.len() as c_int];
    let arr = unsafe {
        mlx_convolve_array_new_data(values.as_ptr().cast(), shape.as_ptr(), 1, MLX_FLOAT32)
    };
    assert!(!arr.ctx.is_null());
    arr
}

fn values(arr: mlx_array) -> Vec<f32> {
    let size = unsafe { mlx_convolve_array_size(arr) };
    unsafe { std::slice::from_raw_parts(mlx_convolve_array_data_float32(arr), size) }.to_vec()
}

#[test]
fn handles_are_told_apart() {
    unsafe {
        let stream = mlx_convolve_default_cpu_stream_new();
        assert_eq!(mlx_convolve_array_eval(mlx_array { ctx: stream.ctx }), 1);
        assert!(message().starts_with("arr: not a handle"), "{}", message());
        assert_eq!(mlx_convolve_array_free(mlx_array { ctx: stream.ctx }), 1);
        let foreign = [0x1234_u64; 4];
        assert_eq!(mlx_convolve_array_size(mlx_array { ctx: foreign.as_ptr() as *mut c_void }), 0);
        let misaligned = foreign.as_ptr().byte_add(1) as *mut c_void;
        assert_eq!(mlx_convolve_array_eval(mlx_array { ctx: misaligned }), 1);
        assert_eq!(mlx_convolve_array_eval(mlx_convolve_array_new()), 1);
        assert_eq!(message(), "arr: an empty array handle");
        assert_eq!(mlx_convolve_array_free(mlx_convolve_array_new()), 0);
        assert_eq!(mlx_convolve_stream_free(stream), 0);
    }
}

#[test]
fn results_rebind_the_object_behind_the_handle() {
    unsafe {
        let stream = mlx_convolve_default_stream_new();
        let (mut a, v) = (floats(&[1.0, 2.0, 3.0]), floats(&[1.0, 1.0]));
        let copy = a;
        assert_eq!(mlx_convolve(&a, &v, MLX_MODE_FULL, stream, &mut a), 0);
        assert_eq!(a.ctx, copy.ctx);
        assert_eq!(values(copy), [1.0, 3.0, 5.0, 3.0]);
        assert_eq!(mlx_convolve(&a, &v, 3, stream, &mut a), 1);
        assert!(message().starts_with("mode: 3"), "{}", message());
        assert_eq!(values(a), [1.0, 3.0, 5.0, 3.0]);
        for (handle, free) in [(a, 0), (v, 0)] {
            assert_eq!(mlx_convolve_array_free(handle), free);
        }
        mlx_convolve_stream_free(stream);
    }
}

#[test]
fn strided_views_share_and_keep_their_source() {
    unsafe {
        let stream = mlx_convolve_default_stream_new();
        let base = floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut view = mlx_convolve_array_new();
        let mut strided = |of, shape: c_int, stride: i64, offset| {
            mlx_convolve_as_strided(&mut view, of, &shape, 1, &stride, 1, offset, stream)
        };
        assert_eq!(strided(base, 3, -2, 5), 0);
        assert_eq!(strided(base, 3, -2, 3), 1);
        assert!(message().contains("-1 to 3 of an array of 6"), "{}", message());
        assert_eq!(strided(base, 3, -2, 5), 0);
        let view_ctx = view.ctx;
        assert_eq!(
            mlx_convolve_array_data_float32(view),
            mlx_convolve_array_data_float32(base).add(5)
        );
        mlx_convolve_array_free(base);
        assert_eq!(*mlx_convolve_array_data_float32(view).offset(-4), 1.0);
        // The view that it views is not contiguous, so this is a view of a copy, [5, 3, 1].
        let (shape, stride) = ([2], [1]);
        let s = mlx_convolve_as_strided(
            &mut view,
            view,
            shape.as_ptr(),
            1,
            stride.as_ptr(),
            1,
            1,
            stream,
        );
        assert_eq!((s, view.ctx), (0, view_ctx));
        assert_eq!(values(view), [3.0, 1.0]);
        let empty = mlx_convolve_stream_new();
        let s = mlx_convolve_as_strided(
            &mut view,
            view,
            shape.as_ptr(),
            1,
            stride.as_ptr(),
            1,
            0,
            empty,
        );
        assert_eq!((s, message()), (1, "s: an empty stream handle".to_owned()));
        mlx_convolve_array_free(view);
        mlx_convolve_stream_free(stream);
    }
}

#[test]
fn borrowed_memory_is_released_once_after_its_last_reader() {
    static RELEASED: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn release(payload: *mut c_void) {
        RELEASED.fetch_add(payload.addr(), Ordering::Relaxed);
    }
    unsafe {
        let mut data = [1.0_f64, 2.0, 3.0];
        let (pointer, payload) =
            (data.as_mut_ptr().cast::<c_void>(), std::ptr::without_provenance_mut(1));
        let new = |pointer, shape: c_int, dtype| {
            let dtor = Some(release as unsafe extern "C" fn(*mut c_void));
            mlx_convolve_array_new_data_managed_payload(pointer, &shape, 1, dtype, payload, dtor)
        };
        assert!(new(pointer.byte_add(4), 2, MLX_FLOAT64).ctx.is_null());
        assert!(message().starts_with("data: ") && message().contains("8 bytes"), "{}", message());
        // Never freed, so never released.
        assert!(!new(pointer.byte_add(4), 2, MLX_COMPLEX64).ctx.is_null());
        assert!(new(null_mut(), 1, MLX_FLOAT64).ctx.is_null());
        assert!(new(pointer, -1, MLX_FLOAT64).ctx.is_null());
        assert!(new(pointer, 3, 14).ctx.is_null());
        assert_eq!(RELEASED.load(Ordering::Relaxed), 0);

        let a = new(pointer, 3, MLX_FLOAT64);
        assert_eq!(mlx_convolve_array_data_float64(a), pointer.cast());
        let mut b = mlx_convolve_array_new();
        assert_eq!(mlx_convolve_array_set(&mut b, a), 0);
        mlx_convolve_array_free(a);
        assert_eq!(RELEASED.load(Ordering::Relaxed), 0);
        assert_eq!(mlx_convolve_array_set(&mut b, b), 0);
        mlx_convolve_array_free(b);
        assert_eq!(RELEASED.load(Ordering::Relaxed), 1);

        let empty = new(null_mut(), 0, MLX_FLOAT64);
        let address = mlx_convolve_array_data_float64(empty);
        assert!(!address.is_null() && address.is_aligned());
        let mut text = mlx_convolve_string_new();
        assert_eq!(mlx_convolve_array_tostring(&mut text, empty), 0);
        assert_eq!(CStr::from_ptr(mlx_convolve_string_data(text)), c"array([], dtype=float64)");
        mlx_convolve_array_free(empty);
        mlx_convolve_string_free(text);
        assert_eq!(RELEASED.load(Ordering::Relaxed), 2);
    }
}

#[test]
fn items_want_their_dtype_and_one_element() {
    unsafe {
        let one = mlx_convolve_array_new_complex(1.0, -2.0);
        let mut value = crate::dtype::Complex64 { re: 0.0, im: 0.0 };
        assert_eq!(mlx_convolve_array_item_complex64(&mut value, one), 0);
        assert_eq!((value.re, value.im), (1.0, -2.0));
        let mut float = 9.0;
        assert_eq!(mlx_convolve_array_item_float32(&mut float, one), 1);
        assert_eq!((float, message()), (9.0, "arr: has dtype complex64, not float32".to_owned()));
        assert_eq!(mlx_convolve_array_item_complex64(null_mut(), one), 1);
        let two = floats(&[1.0, 2.0]);
        assert_eq!(mlx_convolve_array_item_float32(&mut float, two), 1);
        assert_eq!((float, message()), (9.0, "arr: has 2 elements, not 1".to_owned()));
        mlx_convolve_array_free(one);
        mlx_convolve_array_free(two);
    }
}

#[test]
fn plain_pointers_are_checked() {
    unsafe {
        let mut a = [1.0_f32; 16];
        let out = a.as_mut_ptr();
        let p = |i: usize| a.as_ptr().add(i).cast::<c_void>();
        let into = |a, a_len, v, v_len, out: *mut f32, out_len| {
            mlx_convolve_into(a, a_len, v, v_len, MLX_FLOAT32, MLX_MODE_FULL, out.cast(), out_len)
        };
        let refused = |s, text| {
            assert_eq!(s, 1);
            assert!(message().starts_with(text), "{text}: {}", message());
        };
        refused(into(null(), 4, p(4), 2, out.add(8), 5), "a: NULL");
        refused(into(p(0), 0, p(4), 2, out.add(8), 5), "a_len: 0");
        refused(into(p(0), 4, p(4).byte_add(2), 2, out.add(8), 5), "v: ");
        refused(into(p(0), 4, p(4), 2, out.add(8), 4), "out_len: 4 given, 5 needed");
        refused(into(p(0), 4, p(4), 2, null_mut(), 5), "out: NULL");
        refused(into(p(0), 4, p(4), 2, out.add(3), 5), "out: overlaps a");
        refused(into(p(0), 4, p(10), 2, out.add(6), 5), "out: overlaps v");
        refused(into(p(0), usize::MAX / 4, p(4), 2, out.add(8), 5), "a_len: ");
        assert_eq!(a, [1.0; 16]);
        // a and v may be the same, and the output may begin where they end.
        assert_eq!(into(p(0), 2, p(0), 2, out.add(2), 3), 0);
        assert_eq!(a[2..5], [1.0, 2.0, 1.0]);
    }
}

#[test]
fn a_panic_is_internal_and_carries_its_message() {
    assert_eq!(status(|| panic!("seven of {}", 9)), MLX_STATUS_INTERNAL);
    assert!(message().contains("seven of 9"), "{}", message());
    assert_eq!(value(-1, || panic!("again")), -1);
    assert!(message().contains("again"), "{}", message());
}

#[test]
fn panics_are_silent() {
    const INSIDE: &str = "MLX_CONVOLVE_TEST_PANIC";
    if std::env::var_os(INSIDE).is_some() {
        assert_eq!(status(|| panic!("not to be seen")), MLX_STATUS_INTERNAL);
        return;
    }
    let name = "capi::tests::panics_are_silent";
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args([name, "--exact", "--nocapture"]).env(INSIDE, "1").output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 passed") && !said.contains("not to be seen"), "{said}");
}
