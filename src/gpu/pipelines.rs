//! Compiled shaders. Each is compiled at its first use.

#![allow(unsafe_code)]

use std::borrow::Cow;

use super::adapters::IMMEDIATES;
use super::kernels::text;
use crate::error::Result;
use crate::process::Once;

/// The shader of a kernel that computes rows: the parameters that all of them have, and the text of files.
macro_rules! of_rows {
    ($($file:literal),+) => {
        concat!(
            include_str!("kernels/work/params.wgsl"),
            $(include_str!(concat!("kernels/", $file))),+
        )
    };
}

/// A kernel that is compiled by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Advances the counter of submissions.
    Advance,
    /// Direct sums of float32 and complex64.
    Direct,
    /// Elements to plain numbers.
    Convert,
    /// Plain numbers to elements of one or two bytes.
    Narrow,
    /// Direct sums of integers of one word.
    Words32,
    /// Direct sums of integers of two words.
    Words64,
    /// The convolution of bools.
    Bits,
    /// Makes roots of unity.
    Roots,
    /// Overlap-save of float32 with blocks of 1024 points.
    Blocks1024,
    /// Overlap-save of float32 with blocks of 4096 points.
    Blocks4096,
    /// Measures blocks that are transformed in passes through memory.
    Measure,
    /// Puts the measures of a pair's tiles together.
    Gather,
    /// Transforms the columns of pairs of blocks.
    Columns,
    /// Transforms rows of 256 numbers, and back.
    Rows256,
    /// Transforms rows of 4096 numbers, and back.
    Rows4096,
    /// Transforms columns back.
    Outputs,
    /// Marks the infinities, NaNs, zeros and signs of such blocks.
    Mark,
    /// Counts the marks.
    Count,
    /// Writes outputs again that infinities, NaNs and zeros decide.
    Mend,
}

impl Kernel {
    /// All kernels, in order.
    pub const ALL: [Self; 19] = [
        Self::Advance,
        Self::Direct,
        Self::Convert,
        Self::Narrow,
        Self::Words32,
        Self::Words64,
        Self::Bits,
        Self::Roots,
        Self::Blocks1024,
        Self::Blocks4096,
        Self::Measure,
        Self::Gather,
        Self::Columns,
        Self::Rows256,
        Self::Rows4096,
        Self::Outputs,
        Self::Mark,
        Self::Count,
        Self::Mend,
    ];

    /// The WGSL source, and its entry point.
    pub fn source(self) -> (Cow<'static, str>, &'static str) {
        let (text, name) = match self {
            Self::Blocks1024 => return (text::blocks(1024, "blocks_1024").into(), "blocks_1024"),
            Self::Blocks4096 => return (text::blocks(4096, "blocks_4096").into(), "blocks_4096"),
            Self::Measure => return (text::measure().into(), "measure"),
            Self::Gather => return (text::gather().into(), "gather"),
            Self::Columns => return (text::columns().into(), "columns"),
            Self::Rows256 => return (text::rows(256, "rows_256").into(), "rows_256"),
            Self::Rows4096 => return (text::rows(4096, "rows_4096").into(), "rows_4096"),
            Self::Outputs => return (text::outputs().into(), "outputs"),
            Self::Mark => return (text::mark().into(), "mark_words"),
            Self::Count => return (text::count().into(), "count_words"),
            Self::Mend => return (text::mend().into(), "mend"),
            Self::Roots => (include_str!("kernels/transforms/roots.wgsl"), "make_roots"),
            Self::Advance => (include_str!("kernels/advance.wgsl"), "advance"),
            Self::Direct => (of_rows!("sums/direct.wgsl"), "direct"),
            Self::Convert => (of_rows!("plain/halves.wgsl", "plain/convert.wgsl"), "convert"),
            Self::Narrow => (of_rows!("plain/halves.wgsl", "plain/narrow.wgsl"), "narrow"),
            Self::Words32 => (of_rows!("sums/words.wgsl", "sums/words32.wgsl"), "words32"),
            Self::Words64 => (of_rows!("sums/words.wgsl", "sums/words64.wgsl"), "words64"),
            Self::Bits => (of_rows!("sums/bits.wgsl"), "bits"),
        };
        (Cow::Borrowed(text), name)
    }

    /// Which of its bindings, all of them storage, are only read.
    pub const fn reads(self) -> &'static [bool] {
        match self {
            Self::Advance => &[false],
            Self::Direct | Self::Words32 | Self::Words64 | Self::Bits => &[true, true, false],
            Self::Convert | Self::Narrow => &[true, false],
            Self::Roots | Self::Gather => &[false],
            Self::Measure | Self::Count => &[true, false],
            Self::Columns | Self::Outputs => &[true, true, true, false],
            Self::Rows256 | Self::Rows4096 | Self::Mark | Self::Mend => &[true, true, false],
            Self::Blocks1024 | Self::Blocks4096 => &[true, true, false, true, true],
        }
    }
}

/// A kernel that is ready to run.
pub struct Pipeline {
    /// For the compute pass.
    pub pipeline: wgpu::ComputePipeline,
    /// The layout of its only bind group.
    pub group: wgpu::BindGroupLayout,
}

/// The kernels of a device.
pub struct Pipelines([Once<Pipeline>; Kernel::ALL.len()]);

impl Pipelines {
    /// No kernel is compiled yet.
    pub const fn new() -> Self {
        Self([const { Once::new() }; Kernel::ALL.len()])
    }

    /// A kernel, which `compile` compiles now if it was not compiled before.
    ///
    /// # Errors
    /// Those of `compile`.
    pub fn get(
        &self,
        kernel: Kernel,
        compile: impl FnOnce() -> Result<Pipeline>,
    ) -> Result<&Pipeline> {
        self.0[kernel as usize].get_or_try(compile)
    }
}

/// Compiles a kernel. The caller looks for errors.
pub fn compiled(kernel: Kernel, device: &wgpu::Device) -> Pipeline {
    let (source, entry_point) = kernel.source();
    let entry = |(binding, &read_only): (u32, &bool)| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let entries: Vec<_> = (0..).zip(kernel.reads()).map(entry).collect();
    let group = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some(entry_point),
        entries: &entries,
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(entry_point),
        bind_group_layouts: &[Some(&group)],
        immediate_size: IMMEDIATES,
    });
    let shader = wgpu::ShaderModuleDescriptor {
        label: Some(entry_point),
        source: wgpu::ShaderSource::Wgsl(source),
    };
    let checks = match cfg!(test) {
        true => wgpu::ShaderRuntimeChecks::checked(),
        false => wgpu::ShaderRuntimeChecks::unchecked(),
    };
    // SAFETY: the shaders are ours. They stay inside the bindings that `kernels` gives them, divide by
    // no 0, and all their loops end: the tests run them with checks, and in front of guard pages.
    let module = unsafe { device.create_shader_module_trusted(shader, checks) };
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(entry_point),
        layout: Some(&layout),
        module: &module,
        entry_point: Some(entry_point),
        compilation_options: wgpu::PipelineCompilationOptions {
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    });
    Pipeline { pipeline, group }
}
