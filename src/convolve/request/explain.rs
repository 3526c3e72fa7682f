//! Texts for people about how a convolution is computed.

use std::fmt::{self, Display};

use super::convolution::Convolution;
use super::executor::Executor;
use super::on_gpu::{NotOnGpu, OnGpu};
use crate::convolve::plan::{Plan, write_ignored};
use crate::convolve::wanted::{
    Accuracy, Boundary, Mode, Operation, Options, Subnormals, wanted_len,
};
use crate::dtype::Dtype;
use crate::error::Result;
use crate::gpu::{self, Gpu};
use crate::stream::{DeviceType, default_device};

/// A text for people about how a convolution is computed: method, block, kernel, bytes of
/// workspace, and why.
///
/// # Errors
/// `InvalidArgument` for impossible lengths.
pub fn explain(a_len: usize, v_len: usize, dtype: Dtype, mode: Mode) -> Result<impl Display> {
    explain_with(a_len, v_len, dtype, &Options::of_mode(mode))
}

/// Like [`explain`], for operands of `dtype` and any options, to whose dtype `dtype` promotes. The
/// options are on a line of their own.
///
/// # Errors
/// As for [`wanted_len`].
pub fn explain_with(
    a_len: usize,
    v_len: usize,
    dtype: Dtype,
    options: &Options,
) -> Result<impl Display + use<>> {
    let dtype = options.result_dtype(dtype, dtype);
    let whole = Options { first: 0, count: None, ..*options };
    let kept = wanted_len(a_len, v_len, &whole)?;
    let device = default_device();
    let executor = match device.kind {
        DeviceType::Cpu => Executor::Cpu,
        DeviceType::Gpu => Executor::of(device, Some(&Gpu::open(device.index)?), dtype)?,
    };
    let convolution = Convolution::new(executor, (a_len, v_len), dtype, options)?;
    let on_gpu = (device.kind == DeviceType::Gpu).then(|| {
        let name = gpu::name(device.index).unwrap_or_default();
        (format!("{device}, {name}"), OnGpu::of(&convolution, a_len))
    });
    let geometry = convolution.geometry();
    let plan = (geometry.outputs > 0).then(|| Executor::Cpu.plan(convolution.task()));
    let lengths = match options.boundary {
        Boundary::Zero => [a_len.max(v_len), a_len.min(v_len)],
        _ => [a_len, v_len],
    };
    Ok(Explained {
        lengths,
        outputs: geometry.outputs,
        kept,
        dtype,
        options: *options,
        on_gpu,
        plan,
    })
}

struct Explained {
    /// N and K.
    lengths: [usize; 2],
    outputs: usize,
    /// The number of outputs that the mode keeps.
    kept: usize,
    dtype: Dtype,
    options: Options,
    /// The default device, if it is a GPU, and whether its core computes.
    on_gpu: Option<(String, std::result::Result<OnGpu, NotOnGpu>)>,
    plan: Option<Plan>,
}

impl Explained {
    /// Whether options beside the mode and the dtype change the outputs. Lengths have no axis.
    fn has_options(&self) -> bool {
        let Options { mode, dtype, axis, .. } = self.options;
        let by_default = Options { dtype, axis, ..Options::of_mode(mode) };
        self.effective() != by_default
    }

    /// The options, without those that change nothing.
    fn effective(&self) -> Options {
        let by_default = Options::default();
        let mut options = self.options;
        if self.outputs == self.kept {
            (options.first, options.count) = (by_default.first, by_default.count);
        }
        if self.dtype.is_exact() {
            (options.accuracy, options.subnormals) = (by_default.accuracy, by_default.subnormals);
        }
        options
    }

    fn write_options(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { accuracy, boundary, operation, subnormals, first, .. } = self.effective();
        write!(f, "options: ")?;
        f.write_str(match operation {
            Operation::Convolve => "convolve",
            Operation::Correlate => "correlate",
        })?;
        f.write_str(match boundary {
            Boundary::Zero => ", boundary zero",
            Boundary::Edge => ", boundary edge",
            Boundary::Symmetric => ", boundary symmetric",
            Boundary::Reflect => ", boundary reflect",
            Boundary::Wrap => ", boundary wrap",
        })?;
        if self.outputs != self.kept {
            write!(f, ", {} of {} outputs, from {first} on", self.outputs, self.kept)?;
        }
        if accuracy == Accuracy::Componentwise {
            f.write_str(", componentwise")?;
        }
        if subnormals == Subnormals::Flush {
            f.write_str(", subnormals flushed")?;
        }
        writeln!(f)
    }
}

impl Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [signal_len, filter_len] = self.lengths;
        writeln!(f, "{signal_len} x {filter_len} -> {} {}", self.outputs, self.dtype.name())?;
        let has_options = self.has_options();
        if has_options {
            self.write_options(f)?;
        }
        let Some(plan) = &self.plan else { return write!(f, "method: none, for no outputs") };
        match &self.on_gpu {
            None => {}
            Some((device, Ok(on_gpu))) => {
                write!(f, "device: {device}\n{on_gpu}")?;
                return write_ignored(f);
            }
            Some((device, Err(why))) => writeln!(f, "device: {device}\n{why}")?,
        }
        write!(f, "{plan}")?;
        if has_options {
            let bytes = plan.apart_bytes();
            write!(f, "\nin rows: at most {bytes} bytes more a thread, if outputs are apart")?;
        }
        Ok(())
    }
}
