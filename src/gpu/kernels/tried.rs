//! Each kernel is tried before it is trusted: drivers differ, and nobody has tried them all.

use super::plain::convert;
use super::sums::words::{self, Width};
use super::sums::{bits, direct};
use super::transforms::{blocks, passes};
use super::work::pieces::Bounds;
use super::work::trial::Trial;
use crate::error::{Error, Result};
use crate::gpu::Spans;
use crate::gpu::adapters::name;
use crate::gpu::device::Gpu;
use crate::gpu::pipelines::Kernel;

/// The trials of a kernel, which take the main branches of its code.
fn trials(kernel: Kernel) -> Vec<Trial> {
    match kernel {
        Kernel::Advance
        | Kernel::Roots
        | Kernel::Measure
        | Kernel::Gather
        | Kernel::Columns
        | Kernel::Outputs
        | Kernel::Mark
        | Kernel::Count
        | Kernel::Mend => Vec::new(),
        Kernel::Rows256 | Kernel::Rows4096 => passes::trial(kernel).into_iter().collect(),
        Kernel::Direct => direct::trials().into(),
        Kernel::Words32 => vec![words::trial(Width::Bits32)],
        Kernel::Words64 => vec![words::trial(Width::Bits64)],
        Kernel::Bits => vec![bits::trial()],
        Kernel::Convert => convert::trials().into(),
        Kernel::Narrow => convert::trials_of_elements().into(),
        Kernel::Blocks1024 | Kernel::Blocks4096 => blocks::trial(kernel).into_iter().collect(),
    }
}

impl Gpu {
    /// Succeeds if a kernel computes what the host computes. It is tried at its first use.
    ///
    /// # Errors
    /// `DeviceUnavailable` if it does not; `OutOfMemory`, `DeviceLost`.
    pub fn tried(&self, kernel: Kernel) -> Result<()> {
        self.trusted(kernel, || {
            trials(kernel).iter().try_for_each(|trial| self.carry_out(kernel, trial))
        })
    }

    fn carry_out(&self, kernel: Kernel, trial: &Trial) -> Result<()> {
        let what = "a trial of the GPU";
        let &Trial { job, lens, ref signal, ref filter, .. } = trial;
        let [a, v] = [signal, filter].map(|x| self.uploaded(bytemuck::cast_slice(x), what));
        let bytes = lens.outputs * job.sizes[2];
        let (a, v, y) = (a?, v?, self.buffer(bytes, what)?);
        let (bounds, rows) = (Bounds::of(self), Spans::one([0; 3], [1; 3]));
        self.submit_job(bounds, job, [&a, &v, &y], lens, [rows])?;
        let mut outputs = vec![0_u32; bytes.div_ceil(4)];
        y.download(&mut bytemuck::cast_slice_mut(&mut outputs)[..bytes])?;
        match trial.first_wrong(&outputs) {
            None => Ok(()),
            Some(n) => Err(Error::unavailable(format!(
                "{} does not compute as the CPU does, so it is not used: word {n} of a trial of its \
                 kernel {} is {:#x}",
                name(self.index()).unwrap_or_default(),
                kernel.source().1,
                outputs[n]
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::kernels::work::trial::{signal_and_taps, sum};

    #[test]
    fn a_wrong_output_is_found_wherever_it_is() {
        let [trial, _] = direct::trials();
        let [signal, taps] = signal_and_taps();
        let rounded = |n: usize| sum([&signal, &taps], n)[0] as f32;
        let right: Vec<f32> = (0..trial.lens.outputs).map(rounded).collect();
        let words = |outputs: &[f32]| outputs.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        assert_eq!(trial.first_wrong(&words(&right)), None);
        let kinds = [f32::is_nan, f32::is_infinite, |x: f32| x == 0.0, f32::is_finite];
        assert!(kinds.iter().all(|is_kind| right.iter().any(|&x| is_kind(x))));
        for n in 0..right.len() {
            for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, right[n] + 0.01] {
                let mut outputs = right.clone();
                outputs[n] = wrong;
                let differs =
                    wrong.to_bits() != right[n].to_bits() && !(wrong.is_nan() && right[n].is_nan());
                assert_eq!(trial.first_wrong(&words(&outputs)), differs.then_some(n));
            }
        }
    }
}
