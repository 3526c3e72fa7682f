//! A program in Rust that links the library. Both panic, and both survive, unless this program was told to abort.

use std::ffi::{CStr, c_char, c_int, c_void};

#[link(name = "mlx_convolve", kind = "static")]
unsafe extern "C" {
    fn mlx_convolve_into(
        a: *const c_void, a_len: usize, v: *const c_void, v_len: usize, dtype: c_int, mode: c_int, out: *mut c_void,
        out_len: usize,
    ) -> c_int;
    /// In the library that this is linked to, the function panics.
    fn mlx_convolve_metal_is_available(available: *mut bool) -> c_int;
    fn mlx_convolve_last_error() -> *const c_char;
}

const MLX_FLOAT32: c_int = 10;
const MLX_MODE_FULL: c_int = 0;
const MLX_STATUS_INTERNAL: c_int = 6;

fn convolves() {
    let (x, taps, mut out) = ([1f32, 2., 3.], [1f32, 10.], [0f32; 4]);
    let status = unsafe {
        let (x, taps, out) = (x.as_ptr().cast(), taps.as_ptr().cast(), out.as_mut_ptr().cast());
        mlx_convolve_into(x, 3, taps, 2, MLX_FLOAT32, MLX_MODE_FULL, out, 4)
    };
    assert_eq!((status, out), (0, [1., 12., 23., 30.]));
}

fn library_survives() {
    let mut available = false;
    let status = unsafe { mlx_convolve_metal_is_available(&mut available) };
    assert_eq!(status, MLX_STATUS_INTERNAL);
    let message = unsafe { CStr::from_ptr(mlx_convolve_last_error()) }.to_str().unwrap();
    assert!(message.contains("planted"), "{message}");
}

fn main() {
    for _ in 0..3 {
        convolves();
        library_survives();
        if cfg!(panic = "unwind") {
            assert!(std::panic::catch_unwind(|| panic!("the program's")).is_err());
        }
    }
}
