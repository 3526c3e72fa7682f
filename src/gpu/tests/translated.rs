//! Kernels in Metal's language, MSL, translated as wgpu-hal 30 does it for shaders that it trusts
//! (`load_shader` and `create_pipeline_layout` in its `metal/device.rs`).

use naga::back::msl::{self, BindTarget, EntryPointResources, Options, PipelineOptions};
use naga::back::pipeline_constants::process_overrides;
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Constant, Expression, Literal, Module, ResourceBinding, ShaderStage};

use crate::dtype::Dtype;
use crate::gpu::kernels::{Floats, Job, Width, bits, direct, to_elements, to_plain, words};
use crate::gpu::pipelines::Kernel;

/// The versions of MSL that wgpu-hal chooses on macOS 11 and iOS 14, and on macOS 26 and iOS 26. On the
/// systems between them it chooses 2.4 (macOS 12), 3.0 (13), 3.1 (14) or 3.2 (15).
pub const VERSIONS: [(u8, u8); 6] = [(2, 3), (2, 4), (3, 0), (3, 1), (3, 2), (4, 0)];

/// A kernel in MSL.
pub struct Translated {
    /// The source.
    pub text: String,
    /// The name of its function.
    pub function: String,
    /// The invocations of a workgroup.
    pub width: u32,
}

impl Translated {
    /// Translates `source`, which is the kernel's own or an edited one.
    pub fn new(kernel: Kernel, source: &str, lang_version: (u8, u8)) -> Self {
        let (_, entry_point) = kernel.source();
        let (module, info) = parsed(kernel, source);

        // Parameters come first, then the bindings, then their sizes.
        let mut resources =
            EntryPointResources { immediates_buffer: Some(0), ..Default::default() };
        for (binding, reads) in (0..).zip(kernel.reads()) {
            let slot = BindTarget {
                buffer: Some(binding as u8 + 1),
                mutable: !reads,
                ..Default::default()
            };
            resources.resources.insert(ResourceBinding { group: 0, binding }, slot);
        }
        resources.sizes_buffer = Some(kernel.reads().len() as u8 + 1);

        let unchecked = BoundsCheckPolicy::Unchecked;
        let options = Options {
            lang_version,
            per_entry_point_map: [(entry_point.to_owned(), resources)].into_iter().collect(),
            inline_samplers: Vec::new(),
            spirv_cross_compatibility: false,
            fake_missing_bindings: false,
            bounds_check_policies: BoundsCheckPolicies {
                index: unchecked,
                buffer: unchecked,
                image_load: unchecked,
                binding_array: unchecked,
            },
            zero_initialize_workgroup_memory: false,
            force_loop_bounding: false,
            task_dispatch_limits: None,
            mesh_shader_primitive_indices_clamp: false,
            emit_int_div_checks: false,
            ray_query_initialization_tracking: false,
        };
        let pipeline = PipelineOptions {
            entry_point: Some((ShaderStage::Compute, entry_point.to_owned())),
            vertex_pulling_transform: true,
            ..Default::default()
        };
        let (text, written) = msl::write_string(&module, &info, &options, &pipeline).unwrap();
        let function = written.entry_point_names[0].clone().unwrap();
        Self { text, function, width: module.entry_points[0].workgroup_size.iter().product() }
    }

    /// Where each argument of the function comes from, in the words of `metal/grid.h`.
    pub fn arguments(&self) -> Vec<&str> {
        let (_, rest) = self.text.split_once(&format!("kernel void {}(\n", self.function)).unwrap();
        let (arguments, _) = rest.split_once("\n) {").unwrap();
        let source = |argument| match attribute(argument) {
            Some("threadgroup_position_in_grid") => "GROUP",
            Some("thread_index_in_threadgroup") => "INDEX",
            None if argument.contains("threadgroup ") => "SHARED",
            Some(attribute) if attribute.starts_with("buffer(") => {
                attribute.trim_matches(|c: char| !c.is_ascii_digit())
            }
            _ => panic!("metal/grid.h has no such argument: {argument}"),
        };
        arguments.lines().map(source).collect()
    }
}

/// The module of `source`, valid, with its overrides in place, as wgpu-hal has it before it translates.
pub fn parsed(kernel: Kernel, source: &str) -> (Module, ModuleInfo) {
    let stage = (ShaderStage::Compute, kernel.source().1);
    let module = naga::front::wgsl::parse_str(source)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
    let (module, info) =
        process_overrides(&module, &info, Some(stage), &Default::default()).unwrap();
    (module.into_owned(), info.into_owned())
}

/// What is between `[[` and `]]`.
fn attribute(argument: &str) -> Option<&str> {
    Some(argument.split_once("[[")?.1.split_once("]]")?.0)
}

#[test]
fn every_version_of_metal_has_the_same_text() {
    for kernel in Kernel::ALL {
        let texts = VERSIONS.map(|version| {
            let text = Translated::new(kernel, &kernel.source().0, version).text;
            let (first, rest) = text.split_once('\n').unwrap();
            assert_eq!(first, format!("// language: metal{}.{}", version.0, version.1));
            rest.to_owned()
        });
        assert!(texts.iter().all(|text| *text == texts[0]));
    }
}

/// A tile has as many outputs for the host, which counts workgroups, as for the shader.
#[test]
fn tiles_are_those_of_the_shaders() {
    let jobs = [
        direct(1, Floats::default()),
        words(Width::Bits32, 1),
        words(Width::Bits64, 1),
        bits(1),
        to_plain(Dtype::Int8, Dtype::Int32),
        to_elements(Dtype::Int8),
    ];
    for Job { kernel, tile, .. } in jobs {
        let module = naga::front::wgsl::parse_str(&kernel.source().0).unwrap();
        let is_tile = |constant: &&Constant| constant.name.as_deref() == Some("TILE");
        let (_, constant) = module.constants.iter().find(|(_, x)| is_tile(x)).unwrap();
        let value = &module.global_expressions[constant.init];
        assert_eq!(*value, Expression::Literal(Literal::U32(tile as u32)), "{kernel:?}");
    }
}
