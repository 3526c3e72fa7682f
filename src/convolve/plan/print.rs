//! A plan, printed for people. The lengths are printed elsewhere.

use std::fmt;

use super::certified::CERTIFIED_UP_TO;
use super::choice::{DIRECT_KEPT, Plan};
use super::forced::ignored_method;
use super::memory::MemoryBound;
use super::rates::Processors;
use crate::convolve::wanted::{CHAIN, Method, Pieces, Tiling};
use crate::dtype::Dtype;
use crate::{cpu, gpu, threads};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_method(f)?;
        let MemoryBound { each, workspaces, filter, tables } = self.memory();
        let (isa, is_integer) = (cpu::isa(), self.dtype.is_integer());
        let with = if is_integer && isa.has_dot_products() { ", VNNI" } else { "" };
        let numbers = match self.method {
            Method::Certified { .. } => "float64",
            _ => self.arithmetic.name,
        };
        writeln!(f, "kernel: {} {numbers}{with}", isa.name())?;
        let bits = match Processors::here() {
            _ if is_integer || self.dtype == Dtype::Bool => "exact, the same on every machine",
            Processors::All => "the same on every machine with this instruction set",
            Processors::Amds => {
                "the same on AMD's processors with this instruction set; on all if MLX_CONVOLVE_ISA is set"
            }
            Processors::Others => {
                "the same on others' processors than AMD's with this instruction set; on all if MLX_CONVOLVE_ISA is set"
            }
        };
        writeln!(f, "bits: {bits}")?;
        writeln!(f, "threads: {}", self.threads)?;
        writeln!(
            f,
            "workspace: at most {} bytes ({each} a thread, {filter} for the filter)",
            each.saturating_mul(workspaces).saturating_add(filter)
        )?;
        if tables > 0 {
            writeln!(f, "tables: at most {tables} bytes, kept for later calls if they are few")?;
        }
        self.write_why(f)?;
        write_ignored(f)
    }
}

/// The lines `ignored`: values of environment variables.
pub fn write_ignored(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let of_gpu = gpu::ignored();
    let ignored = [cpu::ignored_isa(), ignored_method(), threads::ignored_num_threads(), of_gpu];
    ignored.into_iter().flatten().try_for_each(|value| write!(f, "\nignored: {value}"))
}

impl Plan {
    /// The lines `method` and `block`.
    fn write_method(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |tiling| match tiling {
            Tiling::Single => "single transform",
            Tiling::OverlapSave => "overlap-save",
        };
        match self.method {
            Method::Direct => {
                let is_chained = self.is_componentwise() && self.geometry.filter_len > CHAIN;
                let chains = if is_chained { ", in chains of 256 taps" } else { "" };
                writeln!(f, "method: direct{chains}")?;
            }
            Method::Pieces { block_len } => {
                let pieces = Pieces::new(self.geometry, block_len).map_or(1, Pieces::count);
                writeln!(f, "method: fft, the filter in {pieces} pieces")?;
                writeln!(f, "block: {block_len} points, {} outputs", self.geometry.outputs)?;
            }
            Method::Certified { tiling, parts } => {
                let numbers = match parts.count {
                    1 => "float64".to_owned(),
                    count => format!("{count} parts of float64"),
                };
                writeln!(
                    f,
                    "method: fft in {numbers}, {}; outputs whose error is not proven small are summed directly",
                    name(tiling)
                )?;
                let step = self.method.step(self.geometry, self.dtype);
                writeln!(f, "block: {} points, {step} outputs", parts.block_len)?;
            }
            Method::Transforms { tiling, block_len } => {
                writeln!(f, "method: fft, {}", name(tiling))?;
                let step = self.method.step(self.geometry, self.dtype);
                let plural = if step == 1 { "" } else { "s" };
                writeln!(f, "block: {block_len} points, {step} output{plural}")?;
            }
        }
        Ok(())
    }

    /// The line `why`.
    fn write_why(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (direct, transforms) = self.estimates;
        match (self.forced, transforms.is_finite()) {
            (true, _) => write!(f, "why: forced by MLX_CONVOLVE_METHOD")?,
            (_, true) => write!(
                f,
                "why: estimated {:.1} us direct, {:.1} us by transforms, on one thread",
                direct / 1e3,
                transforms / 1e3
            )?,
            (_, false) => write!(f, "why: estimated {:.2} us direct", direct / 1e3)?,
        }
        match self.method {
            _ if self.forced => {}
            Method::Certified { .. } => {
                write!(f, "; up to {:.1} us if no output is proven", (direct + transforms) / 1e3)?
            }
            Method::Direct if direct > transforms && self.is_componentwise() => write!(
                f,
                "; transforms are taken if they are estimated at {CERTIFIED_UP_TO} of the time, because outputs may have to be summed as well"
            )?,
            Method::Direct if direct > transforms => write!(
                f,
                "; direct sums are kept up to {DIRECT_KEPT} times as long, because they are more accurate"
            )?,
            _ => {}
        }
        Ok(())
    }
}
