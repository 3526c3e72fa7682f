//! A plan, printed for people.

use std::fmt;

use super::choice::Plan;
use super::method::Method;
use crate::convolve::geometry::Geometry;
use crate::convolve::tiling::Tiling;
use crate::cpu;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Geometry { signal, taps, outputs, .. } = self.geometry;
        let (direct, transforms) = self.estimates;
        writeln!(f, "{} x {} -> {} {}", signal, taps, outputs, self.dtype.name())?;
        match self.method {
            Method::Direct => writeln!(f, "method: direct")?,
            Method::Transforms { tiling, block } => {
                let name =
                    if tiling == Tiling::Single { "single transform" } else { "overlap-save" };
                writeln!(f, "method: fft, {name}")?;
                writeln!(
                    f,
                    "block: {block} points, {} outputs",
                    self.method.step(self.geometry, self.dtype)
                )?;
            }
        }
        let (each, shared) = self.workspace_bytes;
        let steps = self.method.steps(self.geometry, self.dtype);
        let workspaces = self.threads.min(steps);
        writeln!(f, "kernel: {} {}", cpu::isa().name(), self.arithmetic.name)?;
        writeln!(f, "threads: {}", self.threads)?;
        writeln!(
            f,
            "workspace: at most {} bytes ({each} a thread, {shared} shared)",
            each.saturating_mul(workspaces).saturating_add(shared)
        )?;
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
