//! Options of a convolution

// The brackets of the header's formulas are no links.
#![allow(rustdoc::broken_intra_doc_links)]

use std::ptr::from_ref;

use super::boundary::status;
use super::dtype::mlx_dtype;
use super::error::mlx_status;
use super::mode::{MLX_MODE_FULL, mlx_mode, mode_of};
use super::pointer::{Place, bytes, slice};
use crate::convolve::{Accuracy, Boundary, Operation, Options, Subnormals};
use crate::dtype::Dtype;
use crate::error::{Error, Result};

/// The error bound that outputs keep: MLX_ACCURACY_NORMWISE or MLX_ACCURACY_COMPONENTWISE.
pub type mlx_accuracy = i32;

/// How `a` goes on beyond its ends: one of the MLX_BOUNDARY_ numbers. The names are those of
/// numpy.pad and mx.pad, not those of scipy.ndimage, whose reflect is MLX_BOUNDARY_SYMMETRIC:
///
///   number                  a b c d continued          mx.pad     numpy.pad  scipy.ndimage
///   MLX_BOUNDARY_ZERO       0 0 0 | a b c d | 0 0 0    constant   constant   constant
///   MLX_BOUNDARY_EDGE       a a a | a b c d | d d d    edge       edge       nearest
///   MLX_BOUNDARY_SYMMETRIC  c b a | a b c d | d c b    symmetric  symmetric  reflect
///   MLX_BOUNDARY_REFLECT    d c b | a b c d | c b a    reflect    reflect    mirror
///   MLX_BOUNDARY_WRAP       b c d | a b c d | a b c    -          wrap       wrap
///
/// A boundary goes on for ever: the filter may be longer than the signal. If `a` has one element,
/// every boundary but MLX_BOUNDARY_ZERO repeats it.
pub type mlx_boundary = i32;

/// The sums: MLX_OPERATION_CONVOLVE or MLX_OPERATION_CORRELATE. mlx_convolve_with has the
/// formulas.
pub type mlx_operation = i32;

/// The treatment of subnormal numbers: MLX_SUBNORMALS_KEEP or MLX_SUBNORMALS_FLUSH.
pub type mlx_subnormals = i32;

/// The error is bounded in relation to the norms of a block and of the filter, as mlx_convolve says.
pub const MLX_ACCURACY_NORMWISE: mlx_accuracy = 0;
/// The error of each output is bounded in relation to that output's own products: at most
/// min(K, 256) eps times the sum of their magnitudes, + K tiny. K is the length of the shorter
/// operand. With a boundary other than MLX_BOUNDARY_ZERO, K is the length of `v`. This holds for
/// each output that reads only finite values, whatever their range. If no value is negative, it is a
/// bound of the relative error. float16 and bfloat16 keep the bound in float, and are then rounded
/// once. Each part of a complex64 output is a real sum of 2 K products and keeps its bound. Integers
/// and bool are exact anyway.
///
/// Short filters, of up to some 250 taps (complex64: 150), are summed directly. With longer filters,
/// the library computes FFTs in a higher precision and proves a bound of the error of each output.
/// Outputs for which it finds no proof are summed directly. Noise, sound and the like take 2 to 4
/// times as long as by default; operands of a very wide range, such as the tails of probabilities,
/// up to some 30 times, but seldom longer than direct sums.
pub const MLX_ACCURACY_COMPONENTWISE: mlx_accuracy = 1;

/// Zeros.
pub const MLX_BOUNDARY_ZERO: mlx_boundary = 0;
/// The first element before `a`, the last one behind it.
pub const MLX_BOUNDARY_EDGE: mlx_boundary = 1;
/// `a` mirrored at its ends, the element at the end included.
pub const MLX_BOUNDARY_SYMMETRIC: mlx_boundary = 2;
/// `a` mirrored at its first and its last element, which are not repeated.
pub const MLX_BOUNDARY_REFLECT: mlx_boundary = 3;
/// `a` repeated: a period of a periodic signal.
pub const MLX_BOUNDARY_WRAP: mlx_boundary = 4;

/// The filter runs backwards: y[j] = sum over k of v[k] A[j - k].
pub const MLX_OPERATION_CONVOLVE: mlx_operation = 0;
/// The filter runs forwards, and its conjugate is taken:
/// y[j] = sum over k of conj(v[k]) A[j + k - (v_len - 1)].
pub const MLX_OPERATION_CORRELATE: mlx_operation = 1;

/// Subnormal numbers are numbers as others: gradual underflow.
pub const MLX_SUBNORMALS_KEEP: mlx_subnormals = 0;
/// A magnitude below the smallest normal number of the type that is computed in counts as a zero of
/// its sign. This type is float for float16, bfloat16 and complex64. It holds for the operands after
/// their conversion, for all that is computed between, and for results of that type. Subnormal
/// numbers then cost no time. A float16 result is never flushed. All error bounds hold for the
/// flushed operands. Integers and bool: no effect.
pub const MLX_SUBNORMALS_FLUSH: mlx_subnormals = 1;

/// The dtype to which MLX's promotion leads, as in mlx_convolve. For `dtype` in the options only.
pub const MLX_DTYPE_PROMOTED: mlx_dtype = -1;

/// The settings that mlx_convolve leaves at their defaults. The functions whose names end in _with, and
/// mlx_convolve_rows, take it by address. NULL stands for the defaults. A call copies the options
/// before it returns.
///
/// Begin with the defaults, then set fields:
///
///   mlx_convolve_options o = MLX_CONVOLVE_OPTIONS_INIT;            C and C++
///   o.mode = MLX_MODE_SAME;
///
///   var o = mlx_convolve_options()                                 Swift
///   mlx_convolve_options_init(&o, MemoryLayout.size(ofValue: o))
///
/// Growth. Later versions append fields, without padding. A program goes on working with a newer
/// library, because `size` says which fields the program knows: fields beyond have their default,
/// which is 0 for every later field. A program works with an older library too, as long as it leaves
/// the fields that this library does not know at 0. No function returns this struct by value.
///
/// A wrong number in a field gives MLX_STATUS_INVALID_ARGUMENT, with a message that names the field
/// and the numbers allowed. So does a `size` that is 0, below the size of the first version's struct
/// (56, or 44 where size_t has 4 bytes), above 4096, or no multiple of sizeof(size_t); and a byte
/// that is not 0 behind the fields that the library knows. Of a struct, `size` bytes are read and no
/// more.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct mlx_convolve_options {
    /// sizeof(mlx_convolve_options), where the program was compiled.
    pub size: usize,
    /// The outputs to keep. MLX_MODE_FULL by default.
    pub mode: mlx_mode,
    /// The dtype to compute in and of the result. MLX_DTYPE_PROMOTED by default. Any other dtype must
    /// be one to which both operands promote: there is no narrowing.
    pub dtype: mlx_dtype,
    /// The error bound. MLX_ACCURACY_NORMWISE by default.
    pub accuracy: mlx_accuracy,
    /// How `a` goes on beyond its ends. MLX_BOUNDARY_ZERO by default.
    pub boundary: mlx_boundary,
    /// The sums. MLX_OPERATION_CONVOLVE by default.
    pub operation: mlx_operation,
    /// The treatment of subnormal numbers. MLX_SUBNORMALS_KEEP by default.
    pub subnormals: mlx_subnormals,
    /// The axis of the result along which arrays are convolved; negative from the end. -1, the last
    /// one, by default. Ignored by functions that take no arrays.
    pub axis: i32,
    /// Must be 0.
    pub reserved: i32,
    /// The first wanted of the outputs that `mode` keeps. 0 by default.
    pub first: usize,
    /// The number of outputs wanted. SIZE_MAX, the default: all from `first` on.
    pub count: usize,
}

/// Writes the defaults to `*options`: what MLX_CONVOLVE_OPTIONS_INIT is in C, for languages that see
/// no macros.
///
/// options  Room for `size` bytes, aligned as size_t. Exactly `size` bytes are written.
/// size     The size of the struct in the program's language.
///
/// Fails with MLX_STATUS_INVALID_ARGUMENT if `options` is NULL or misaligned, or if `size` is not
/// allowed (see "Growth" above). On failure, nothing is written. Any thread may call this function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mlx_convolve_options_init(
    options: *mut mlx_convolve_options,
    size: usize,
) -> mlx_status {
    status(|| {
        let of_size = Place::new(options.cast::<usize>(), "options")?;
        check_size(size, "size")?;
        options.cast::<u8>().write_bytes(0, size);
        let defaults = from_ref(&DEFAULTS).cast::<u8>();
        options.cast::<u8>().copy_from_nonoverlapping(defaults, size.min(KNOWN));
        of_size.write(size);
        Ok(())
    })
}

/// The bytes of the struct that this version knows.
const KNOWN: usize = size_of::<mlx_convolve_options>();

/// The bytes of the struct of the first version.
const FIRST_VERSION: usize = if size_of::<usize>() == 8 { 56 } else { 44 };

/// A struct that is larger is no struct of any version, but memory that nobody initialised.
const LARGEST: usize = 4096;

// No padding: a byte that no field owns could not be checked to be 0.
const _: () = {
    assert!(KNOWN == FIRST_VERSION);
    assert!(KNOWN == 3 * size_of::<usize>() + size_of::<[i32; 8]>());
};

const DEFAULTS: mlx_convolve_options = mlx_convolve_options {
    size: KNOWN,
    mode: MLX_MODE_FULL,
    dtype: MLX_DTYPE_PROMOTED,
    accuracy: MLX_ACCURACY_NORMWISE,
    boundary: MLX_BOUNDARY_ZERO,
    operation: MLX_OPERATION_CONVOLVE,
    subnormals: MLX_SUBNORMALS_KEEP,
    axis: -1,
    reserved: 0,
    first: 0,
    count: usize::MAX,
};

/// The options that C gives: checked, and copied.
///
/// # Safety
/// `options` is NULL, or points to a `size_t` with which as many readable bytes begin as it says.
/// If it says a size that is not allowed, only the `size_t` is read.
pub(super) unsafe fn options_arg(options: *const mlx_convolve_options) -> Result<Options> {
    if options.is_null() {
        return Ok(Options::default());
    }
    let size = slice(options.cast::<usize>(), 1, "options")?[0];
    check_size(size, "options->size")?;
    let given = bytes(options.cast(), size, align_of::<mlx_convolve_options>(), "options")?;
    let (known, beyond) = given.split_at(size.min(KNOWN));
    if let Some(at) = beyond.iter().position(|&byte| byte != 0) {
        return Err(Error::invalid(format!(
            "options->size: {size}, but byte {} is not 0, and this version knows {KNOWN} bytes; \
             MLX_CONVOLVE_OPTIONS_INIT begins with zeros there",
            KNOWN + at
        )));
    }
    let mut options = DEFAULTS;
    // SAFETY: all fields are integers, for which any bytes are values, and `known` is no longer than
    // the struct.
    unsafe { (&raw mut options).cast::<u8>().copy_from(known.as_ptr(), known.len()) };
    options.checked()
}

fn check_size(size: usize, name: &str) -> Result<()> {
    let unit = size_of::<usize>();
    if (FIRST_VERSION..=LARGEST).contains(&size) && size.is_multiple_of(unit) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{name}: {size} is no multiple of {unit} from {FIRST_VERSION} to {LARGEST}; \
         MLX_CONVOLVE_OPTIONS_INIT sets size"
    )))
}

impl mlx_convolve_options {
    fn checked(self) -> Result<Options> {
        if self.reserved != 0 {
            return Err(Error::invalid(format!(
                "options->reserved: {}, but it must be 0, as MLX_CONVOLVE_OPTIONS_INIT sets it",
                self.reserved
            )));
        }
        Ok(Options {
            mode: mode_of("options->", self.mode)?,
            dtype: match self.dtype {
                MLX_DTYPE_PROMOTED => None,
                dtype => Some(one_of(
                    Dtype::from_raw,
                    ("dtype", dtype),
                    "MLX_DTYPE_PROMOTED (-1) and the 14 dtypes (0 to 13)",
                )?),
            },
            accuracy: one_of(
                Accuracy::from_raw,
                ("accuracy", self.accuracy),
                "MLX_ACCURACY_NORMWISE, _COMPONENTWISE (0, 1)",
            )?,
            boundary: one_of(
                Boundary::from_raw,
                ("boundary", self.boundary),
                "MLX_BOUNDARY_ZERO, _EDGE, _SYMMETRIC, _REFLECT, _WRAP (0 to 4)",
            )?,
            operation: one_of(
                Operation::from_raw,
                ("operation", self.operation),
                "MLX_OPERATION_CONVOLVE, _CORRELATE (0, 1)",
            )?,
            subnormals: one_of(
                Subnormals::from_raw,
                ("subnormals", self.subnormals),
                "MLX_SUBNORMALS_KEEP, _FLUSH (0, 1)",
            )?,
            axis: self.axis,
            first: self.first,
            count: (self.count != usize::MAX).then_some(self.count),
        })
    }
}

/// The meaning of the number in a field.
fn one_of<T>(
    from_raw: fn(i32) -> Option<T>,
    (field, raw): (&str, i32),
    allowed: &str,
) -> Result<T> {
    from_raw(raw)
        .ok_or_else(|| Error::invalid(format!("options->{field}: {raw} is none of {allowed}")))
}

/// Refuses a result of dtype `result`, named `result_name`, if an operand does not promote to it.
pub(super) fn check_promotion(
    (result, result_name): (Dtype, &str),
    (operand, operand_name): (Dtype, &str),
) -> Result<()> {
    let promoted = operand.promote(result);
    if promoted == result {
        return Ok(());
    }
    // A struct of zeros asks for bool.
    let hint = if result == Dtype::Bool && result_name.starts_with("options") {
        "; MLX_CONVOLVE_OPTIONS_INIT begins with MLX_DTYPE_PROMOTED"
    } else {
        ""
    };
    Err(Error::invalid(format!(
        "{result_name}: {}, but {operand_name} is {}, with which it promotes to {}{hint}",
        result.name(),
        operand.name(),
        promoted.name()
    )))
}

const _: () = {
    assert!(Accuracy::Normwise as i32 == MLX_ACCURACY_NORMWISE);
    assert!(Accuracy::Componentwise as i32 == MLX_ACCURACY_COMPONENTWISE);
    assert!(Boundary::Zero as i32 == MLX_BOUNDARY_ZERO);
    assert!(Boundary::Edge as i32 == MLX_BOUNDARY_EDGE);
    assert!(Boundary::Symmetric as i32 == MLX_BOUNDARY_SYMMETRIC);
    assert!(Boundary::Reflect as i32 == MLX_BOUNDARY_REFLECT);
    assert!(Boundary::Wrap as i32 == MLX_BOUNDARY_WRAP);
    assert!(Operation::Convolve as i32 == MLX_OPERATION_CONVOLVE);
    assert!(Operation::Correlate as i32 == MLX_OPERATION_CORRELATE);
    assert!(Subnormals::Keep as i32 == MLX_SUBNORMALS_KEEP);
    assert!(Subnormals::Flush as i32 == MLX_SUBNORMALS_FLUSH);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_promote_to_the_dtype_asked_for_or_the_message_says_what_to_ask_for() {
        for asked in Dtype::ALL {
            for operand in Dtype::ALL {
                let result = check_promotion((asked, "options->dtype"), (operand, "v->dtype"));
                let promoted = operand.promote(asked);
                assert_eq!(result.is_ok(), promoted == asked);
                let Err(error) = result else { continue };
                let message = error.to_string();
                let names = [asked, operand, promoted].map(Dtype::name);
                let words = names.into_iter().chain(["options->dtype: ", "v->dtype is "]);
                assert!(words.into_iter().all(|word| message.contains(word)), "{message}");
                assert_eq!(message.contains("INIT"), asked == Dtype::Bool);
            }
        }
    }
}
