//! Executors: who computes on a device. Nothing else asks the device.

use super::short;
use crate::array::View;
use crate::convolve::filter::Prepared;
use crate::convolve::plan::{Plan, is_short};
use crate::convolve::run::carry_out;
use crate::convolve::wanted::Geometry;
use crate::cpu::FloatEnvironment;
use crate::dtype::Dtype;
use crate::error::{Error, Result};
use crate::memory::{Place, reserve, with_workspace};
use crate::stream::{Device, DeviceType};

/// An executor makes its own plans, and carries them out on values in memory that it can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// The processor, on values in the host's memory.
    Cpu,
}

impl Executor {
    /// The executor of `device`.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn of(device: Device) -> Result<Self> {
        match device.require()?.kind {
            DeviceType::Cpu => Ok(Self::Cpu),
            DeviceType::Gpu => Err(Error::unavailable(format!("{device} cannot convolve yet"))),
        }
    }

    /// Whether the executor reads values in `place`, and writes its outputs there.
    pub fn reaches(self, place: Place) -> bool {
        match (self, place) {
            (Self::Cpu, Place::Host) => true,
        }
    }

    /// The executor's plan for `geometry` in `dtype`.
    pub fn plan(self, geometry: Geometry, dtype: Dtype) -> Plan {
        match self {
            Self::Cpu => FloatEnvironment::run(|| Plan::new(geometry, dtype)),
        }
    }

    /// Whether a plan would take about as long as the rest: [`Self::convolve_short`] makes none.
    pub fn needs_no_plan(self, geometry: Geometry, dtype: Dtype) -> bool {
        match self {
            Self::Cpu => is_short(geometry.signal_len, geometry.filter_len, dtype),
        }
    }

    /// Convolves two operands, in any order, without a plan. Returns false if this is not possible:
    /// for longer lengths, for operands that are not in place, or where a value is not finite.
    /// `out` is unspecified then.
    pub fn convolve_short(
        self,
        (geometry, dtype): (Geometry, Dtype),
        [a, v]: [View<'_>; 2],
        out: &mut [u8],
    ) -> bool {
        match self {
            Self::Cpu => short::convolve(a, v, dtype, geometry.first, out),
        }
    }

    /// Like [`Self::convolve`], with a plan that is made now.
    ///
    /// # Errors
    /// As for [`Self::convolve`].
    pub fn convolve_at_once(
        self,
        (geometry, dtype): (Geometry, Dtype),
        operands: [View<'_>; 2],
        out: &mut [u8],
    ) -> Result<()> {
        match self {
            Self::Cpu => {
                FloatEnvironment::run(|| on_cpu(&Plan::new(geometry, dtype), operands, out))
            }
        }
    }

    /// Convolves two operands of the plan's lengths, in any order, and writes the plan's outputs to
    /// `out`, which is aligned for its dtype.
    ///
    /// # Errors
    /// `OutOfMemory` for workspace. `out` is unspecified then.
    pub fn convolve(self, plan: &Plan, operands: [View<'_>; 2], out: &mut [u8]) -> Result<()> {
        match self {
            Self::Cpu => FloatEnvironment::run(|| on_cpu(plan, operands, out)),
        }
    }
}

/// Carries `plan` out. This thread also computes the filter's spectrum and the transform's tables.
fn on_cpu(plan: &Plan, [a, v]: [View<'_>; 2], out: &mut [u8]) -> Result<()> {
    let (signal, filter) = if v.len > a.len { (v, a) } else { (a, v) };
    let (dtype, block_len) = (plan.dtype, plan.method.block_len());
    with_workspace(Prepared::workspace_bytes(filter, dtype, block_len), |work| {
        let filter = Prepared::lent(filter, dtype, block_len, plan.threads, work)?;
        // A long computation must not hold memory from the reserve, for which other calls wait.
        reserve::check()?;
        carry_out(plan, signal, &filter, out)
    })
}
