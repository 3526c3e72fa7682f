//! Kernels in SPIR-V, translated as wgpu-hal 30 does it (`naga_options` in its `vulkan/adapter.rs`, and
//! `compile_stage` in its `vulkan/device.rs`). `scripts/spirv.sh` runs these tests.
//!
//! Drivers do not validate what they are given: a module that is wrong may compute the right values
//! on one of them and end the process on another.

use std::path::Path;
use std::process::Command;

use naga::back::spv::{
    BindingInfo, Capability, Options, PipelineOptions, WriterFlags,
    ZeroInitializeWorkgroupMemoryMode, write_vec,
};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::{ResourceBinding, ShaderStage};

use super::translated::parsed;
use crate::gpu::pipelines::Kernel;

/// The versions of SPIR-V that wgpu-hal chooses, and the versions of Vulkan for which it does.
const VERSIONS: [((u8, u8), &str); 4] =
    [((1, 0), "vulkan1.0"), ((1, 3), "vulkan1.1"), ((1, 5), "vulkan1.2"), ((1, 6), "vulkan1.3")];

/// The words of a kernel. `checked` is for the tests' builds, which have checks at run time.
fn words(kernel: Kernel, lang_version: (u8, u8), checked: bool) -> Vec<u32> {
    let (source, entry_point) = kernel.source();
    let (module, info) = parsed(kernel, &source);
    let binding = |binding: u32| {
        let info = BindingInfo { descriptor_set: 0, binding, binding_array_size: None };
        (ResourceBinding { group: 0, binding }, info)
    };
    let policy = match checked {
        true => BoundsCheckPolicy::Restrict,
        false => BoundsCheckPolicy::Unchecked,
    };
    // What every device has. Other kernels than those for all devices would be refused.
    let capabilities = [
        Capability::Shader,
        Capability::Matrix,
        Capability::Sampled1D,
        Capability::Image1D,
        Capability::ImageQuery,
        Capability::DerivativeControl,
        Capability::StorageImageExtendedFormats,
    ];
    let options = Options {
        lang_version,
        flags: WriterFlags::LABEL_VARYINGS | WriterFlags::FORCE_POINT_SIZE,
        fake_missing_bindings: false,
        binding_map: (0..kernel.reads().len() as u32).map(binding).collect(),
        capabilities: Some(capabilities.into_iter().collect()),
        bounds_check_policies: BoundsCheckPolicies {
            index: policy,
            buffer: policy,
            image_load: policy,
            binding_array: BoundsCheckPolicy::Unchecked,
        },
        zero_initialize_workgroup_memory: ZeroInitializeWorkgroupMemoryMode::None,
        force_loop_bounding: checked,
        ray_query_initialization_tracking: checked,
        trace_ray_argument_validation: true,
        use_storage_input_output_16: false,
        debug_info: None,
        task_dispatch_limits: None,
        mesh_shader_primitive_indices_clamp: checked,
        emit_int_div_checks: checked,
    };
    let pipeline =
        PipelineOptions { shader_stage: ShaderStage::Compute, entry_point: entry_point.to_owned() };
    write_vec(&module, &info, &options, Some(&pipeline)).unwrap()
}

/// What spirv-val says of a module: nothing, if it is valid. The module stays in build/spirv.
fn complaints(name: &str, environment: &str, words: &[u32]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("build/spirv");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.spv"));
    std::fs::write(&file, bytemuck::cast_slice(words)).unwrap();
    let output = Command::new("spirv-val")
        .args(["--target-env", environment])
        .arg(&file)
        .output()
        .expect("scripts/setup.sh --check installs spirv-val");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
#[ignore = "needs spirv-val: scripts/spirv.sh runs it"]
fn every_kernel_is_valid_for_every_version_of_vulkan() {
    for kernel in Kernel::ALL {
        for (version, environment) in VERSIONS {
            for (checked, kind) in [(false, "trusted"), (true, "checked")] {
                let name = format!("{}-{environment}-{kind}", kernel.source().1);
                let said = complaints(&name, environment, &words(kernel, version, checked));
                assert_eq!(said, "", "{name}");
            }
        }
    }
}

/// The instructions of a module with this opcode, as places of their first words and numbers of words.
fn instructions(words: &[u32], opcode: u32) -> Vec<(usize, usize)> {
    const HEADER: usize = 5;
    let next = |&at: &usize| Some(at + (words[at] >> 16) as usize).filter(|&at| at < words.len());
    let all = std::iter::successors(Some(HEADER), next);
    all.filter(|&at| words[at] & 0xffff == opcode)
        .map(|at| (at, words[at] as usize >> 16))
        .collect()
}

/// Two controls: spirv-val looks at types, and at the rules of Vulkan.
#[test]
#[ignore = "needs spirv-val: scripts/spirv.sh runs it"]
fn a_wrong_module_is_refused() {
    const ADD_INTEGERS: u32 = 128;
    const ADD_FLOATS: u32 = 129;
    const DECORATE: u32 = 71;
    const BINDING: u32 = 33;
    let (version, environment) = VERSIONS[VERSIONS.len() - 1];
    let right = words(Kernel::Advance, version, false);

    let mut wrong = right.clone();
    let (at, len) = instructions(&wrong, ADD_INTEGERS)[0];
    wrong[at] = (len as u32) << 16 | ADD_FLOATS;
    let said = complaints("wrong-type", environment, &wrong);
    assert!(said.contains("Expected floating scalar or vector type as Result Type"), "{said}");

    let mut wrong = right.clone();
    let decorations = instructions(&wrong, DECORATE);
    let (at, len) = decorations.into_iter().find(|&(at, _)| wrong[at + 2] == BINDING).unwrap();
    wrong.drain(at..at + len);
    let said = complaints("wrong-binding", environment, &wrong);
    assert!(said.contains("must have DescriptorSet and Binding decorations"), "{said}");
}
