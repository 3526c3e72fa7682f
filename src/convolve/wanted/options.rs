//! The options of a call: what it computes beyond its operands.

use super::boundary::Boundary;
use super::mode::Mode;
pub use crate::cpu::Subnormals;
use crate::dtype::Dtype;

/// How large the error of an output may be. The values are those of the C enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Accuracy {
    /// Small beside the norms of the operands.
    #[default]
    Normwise = 0,
    /// Small beside the products of each output.
    Componentwise = 1,
}

impl Accuracy {
    /// The accuracy with C's number `raw`, if there is one.
    pub fn from_raw(raw: i32) -> Option<Self> {
        [Self::Normwise, Self::Componentwise].into_iter().find(|&it| it as i32 == raw)
    }
}

/// Which sums are computed. The values are those of the C enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Operation {
    /// `y[j] = sum over k of v[k] a[j - k]`
    #[default]
    Convolve = 0,
    /// `y[j] = sum over k of conj(v[k]) a[j + k - (v_len - 1)]`
    Correlate = 1,
}

impl Operation {
    /// The operation with C's number `raw`, if there is one.
    pub fn from_raw(raw: i32) -> Option<Self> {
        [Self::Convolve, Self::Correlate].into_iter().find(|&it| it as i32 == raw)
    }
}

/// The settings of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which outputs there are.
    pub mode: Mode,
    /// The dtype to which both operands convert. `None`: their promoted dtype.
    pub dtype: Option<Dtype>,
    /// How large the error of an output may be.
    pub accuracy: Accuracy,
    /// How `a` continues beyond its ends.
    pub boundary: Boundary,
    /// Which sums are computed.
    pub operation: Operation,
    /// How subnormal numbers are treated.
    pub subnormals: Subnormals,
    /// The axis of the result along which arrays are convolved. Negative from the end.
    pub axis: i32,
    /// The first wanted output of those that the mode keeps.
    pub first: usize,
    /// The number of wanted outputs. `None`: all from `first` on.
    pub count: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Full,
            dtype: None,
            accuracy: Accuracy::Normwise,
            boundary: Boundary::Zero,
            operation: Operation::Convolve,
            subnormals: Subnormals::Keep,
            axis: -1,
            first: 0,
            count: None,
        }
    }
}

impl Options {
    /// Default options, apart from the mode.
    pub fn of_mode(mode: Mode) -> Self {
        Self { mode, ..Self::default() }
    }

    /// The dtype of the result of operands of dtypes `a` and `v`, each of which promotes to the dtype
    /// asked for.
    pub fn result_dtype(&self, a: Dtype, v: Dtype) -> Dtype {
        let dtype = self.dtype.unwrap_or_else(|| a.promote(v));
        let promotes = |operand: Dtype| operand.promote(dtype) == dtype;
        debug_assert!(promotes(a) && promotes(v), "an operand does not promote to {dtype:?}");
        dtype
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operand_promotes_to_the_dtype_that_is_asked_for() {
        // Together, they would be float32.
        let options = Options { dtype: Some(Dtype::Float16), ..Options::default() };
        assert_eq!(options.result_dtype(Dtype::UInt64, Dtype::Int64), Dtype::Float16);
        assert_eq!(Options::default().result_dtype(Dtype::UInt64, Dtype::Int64), Dtype::Float32);
    }
}
