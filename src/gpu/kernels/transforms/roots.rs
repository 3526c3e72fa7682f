//! Runs that make roots of unity in memory.

use bytemuck::bytes_of;

use super::butterflies::roots;
use crate::gpu::dispatch::{Dispatch, Part};
use crate::gpu::pipelines::Kernel;

/// Roots that a workgroup makes.
const AT_ONCE: usize = 64;

/// The run that makes the roots for transforms of `points` points, from the begin of a part on.
pub fn of_transforms(points: usize, part: Part) -> Dispatch {
    made([points, roots(points), 0, 0], part)
}

/// The run that makes `half` powers of the root of `points` to the power of `points / half`, then `half`
/// powers of the root itself, behind the first `before` roots of a part.
pub fn tables(points: usize, half: usize, before: usize, part: Part) -> Dispatch {
    made([points, 2 * half, half, before], part)
}

/// The parameters are those of roots.wgsl.
fn made(params: [usize; 4], part: Part) -> Dispatch {
    let [_, count, ..] = params;
    let params = params.map(|param| param as u32);
    let groups = [count.div_ceil(AT_ONCE) as u32, 1];
    Dispatch::new(Kernel::Roots, &[bytes_of(&params)], [part], groups)
}
