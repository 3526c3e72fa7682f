//! A plan, printed for people.

use std::fmt;

use super::choice::Plan;
use super::workspace::{Workspace, table_bytes};
use crate::convolve::wanted::{Geometry, Method, Tiling};
use crate::cpu;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Geometry { signal_len, filter_len, outputs, .. } = self.geometry;
        let (direct, transforms) = self.estimates;
        writeln!(f, "{signal_len} x {filter_len} -> {outputs} {}", self.dtype.name())?;
        match self.method {
            Method::Direct => writeln!(f, "method: direct")?,
            Method::Transforms { tiling, block_len } => {
                let name =
                    if tiling == Tiling::Single { "single transform" } else { "overlap-save" };
                writeln!(f, "method: fft, {name}")?;
                writeln!(
                    f,
                    "block: {block_len} points, {} outputs",
                    self.method.step(self.geometry, self.dtype)
                )?;
            }
        }
        let Workspace { each, filter } = self.workspace;
        let steps = self.method.steps(self.geometry, self.dtype);
        let workspaces = self.threads.min(steps);
        writeln!(f, "kernel: {} {}", cpu::isa().name(), self.arithmetic.name)?;
        writeln!(f, "threads: {}", self.threads)?;
        writeln!(
            f,
            "workspace: at most {} bytes ({each} a thread, {filter} for the filter)",
            each.saturating_mul(workspaces).saturating_add(filter)
        )?;
        if let Some(block_len) = self.method.block_len() {
            let tables = table_bytes(self.geometry, self.dtype, block_len);
            writeln!(f, "tables: at most {tables} bytes, kept for later calls if they are few")?;
        }
        match (self.forced, transforms.is_finite()) {
            (true, _) => write!(f, "why: forced by MLX_CONVOLVE_METHOD"),
            (_, true) => write!(
                f,
                "why: estimated {:.1} us direct, {:.1} us by transforms, on one thread",
                direct / 1e3,
                transforms / 1e3
            ),
            (_, false) => write!(f, "why: estimated {:.2} us direct", direct / 1e3),
        }
    }
}
