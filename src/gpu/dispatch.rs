//! Runs of kernels, as data, and their submission.

use smallvec::SmallVec;

use super::adapters::IMMEDIATES;
use super::buffer::Buffer;
use super::device::{Gpu, bound};
use super::pipelines::Kernel;
use crate::error::Result;

/// A run of a kernel. It names buffers by their places in a list.
pub struct Dispatch {
    /// The kernel.
    pub kernel: Kernel,
    /// Its parameters, and zeros after them.
    pub params: [u32; IMMEDIATES as usize / 4],
    /// What its bindings reach.
    pub parts: SmallVec<[Part; 4]>,
    /// The numbers of workgroups in x and y.
    pub groups: [u32; 2],
}

/// A part of a buffer, in bytes.
#[derive(Clone, Copy)]
pub struct Part {
    /// The buffer's place in the list.
    pub buffer: usize,
    /// The first byte.
    pub from: usize,
    /// The number of bytes.
    pub len: usize,
}

impl Dispatch {
    /// A run with parameters of at most `IMMEDIATES` bytes, which lie one after another.
    pub fn new(
        kernel: Kernel,
        params: &[&[u8]],
        parts: impl IntoIterator<Item = Part>,
        groups: [u32; 2],
    ) -> Self {
        let mut words = [0; IMMEDIATES as usize / 4];
        let bytes = bytemuck::bytes_of_mut(&mut words);
        bytes.iter_mut().zip(params.iter().copied().flatten()).for_each(|(to, &from)| *to = from);
        Self { kernel, params: words, parts: parts.into_iter().collect(), groups }
    }
}

impl Gpu {
    /// Submits runs, which the device does one after another.
    ///
    /// # Errors
    /// `OutOfMemory`, `DeviceLost`.
    pub fn dispatch(&self, buffers: &[&Buffer], work: &[Dispatch]) -> Result<()> {
        let raw =
            buffers.iter().map(|buffer| buffer.raw()).collect::<Result<SmallVec<[_; 4]>>>()?;
        let pipelines = work
            .iter()
            .map(|run| self.pipeline(run.kernel))
            .collect::<Result<SmallVec<[_; 4]>>>()?;
        let groups = self.scoped(("the bindings of a kernel", 0), |device, _| {
            let group = |(run, &pipeline): (&Dispatch, _)| {
                let part = |part: &Part| (raw[part.buffer], part.from as u64, part.len as u64);
                let parts: SmallVec<[_; 4]> = run.parts.iter().map(part).collect();
                bound(device, pipeline, &parts)
            };
            work.iter().zip(&pipelines).map(group).collect::<SmallVec<[_; 4]>>()
        })?;
        let encode = |encoder: &mut wgpu::CommandEncoder| {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for ((run, pipeline), bindings) in work.iter().zip(&pipelines).zip(&groups) {
                let [x, y] = run.groups;
                pass.set_pipeline(&pipeline.pipeline);
                pass.set_bind_group(0, bindings, &[]);
                pass.set_immediates(0, bytemuck::bytes_of(&run.params));
                pass.dispatch_workgroups(x, y, 1);
            }
        };
        self.submit(encode, |_, _| {})?;
        Ok(())
    }
}
