//! Which devices there are. Nothing looks for them before somebody asks.

use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use super::loading::loads_libraries;
use super::own_stack::on_own_stack;
use super::owned::Owned;
use crate::error::{Error, Result};
use crate::process::{Ignored, Once, Setting, generation};

/// What the environment asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// No device.
    Off,
    /// Software adapters, too.
    Software,
}

const FORKED: &str = "a forked process cannot use the devices that its parent has looked for";
const VARIABLE: &str = "MLX_CONVOLVE_GPU";
static ASKED: Setting<Wish> = Setting::new(VARIABLE, "known: off, software", |text| match text {
    "off" => Some(Wish::Off),
    "software" => Some(Wish::Software),
    _ => None,
});
static FOUND: Once<Found> = Once::new();
/// The generation of the process that began to look for devices, and 1; 0 if none did.
static LOOKING: AtomicU32 = AtomicU32::new(0);

/// The adapters that serve as devices, and what was looked for.
struct Found {
    adapters: Owned<Vec<wgpu::Adapter>>,
    count: i32,
    is_metal: bool,
    looked_for: String,
}

/// Bytes of the parameters of a kernel.
pub const IMMEDIATES: u32 = 96;
/// Bytes of workgroup memory, and invocations of a workgroup, that the kernels take at most.
const WORKGROUP: [u32; 2] = [18 << 10, 256];
/// Buffers that a kernel binds at most.
const BINDINGS: u32 = 5;

/// # Errors
/// `OutOfMemory`. The next question looks again.
fn found() -> Result<&'static Found> {
    FOUND.get_or_try(|| {
        let asked = ASKED.get();
        if asked == Some(Wish::Off) {
            let looked_for = format!("none was looked for, as {VARIABLE}=off asks");
            return Ok(Found::of(Vec::new(), looked_for));
        }
        if !loads_libraries() {
            let looked_for = "none was looked for: a fully static program cannot load drivers";
            return Ok(Found::of(Vec::new(), looked_for.to_owned()));
        }
        let begun = LOOKING.load(Ordering::Relaxed);
        if begun != 0 && begun != generation() + 1 {
            // The parent's drivers may have been in the middle of their start.
            return Ok(Found::of(Vec::new(), FORKED.to_owned()));
        }
        LOOKING.store(generation() + 1, Ordering::Relaxed);
        on_own_stack(move || Ok(Found::looked_for(asked)))
    })
}

/// The value of the environment variable, if it is ignored.
pub fn ignored() -> Option<Ignored<'static>> {
    ASKED.ignored()
}

/// Why an adapter is no device.
fn refused(adapter: &wgpu::Adapter, asked: Option<Wish>) -> Option<&'static str> {
    let limits = adapter.limits();
    let is_software = adapter.get_info().device_type == wgpu::DeviceType::Cpu;
    if is_software && asked != Some(Wish::Software) {
        Some("it is software, which serves with MLX_CONVOLVE_GPU=software only")
    } else if !adapter.features().contains(wgpu::Features::IMMEDIATES)
        || limits.max_immediate_size < IMMEDIATES
    {
        Some("it has too few bytes of immediates")
    } else if limits.max_compute_workgroup_storage_size < WORKGROUP[0]
        || limits.max_compute_invocations_per_workgroup < WORKGROUP[1]
        || limits.max_compute_workgroup_size_x < WORKGROUP[1]
    {
        Some("its workgroups are too small")
    } else if limits.max_storage_buffers_per_shader_stage < BINDINGS {
        Some("its shaders have too few bindings")
    } else {
        None
    }
}

impl Found {
    fn looked_for(asked: Option<Wish>) -> Self {
        let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            flags: wgpu::InstanceFlags::empty(),
            memory_budget_thresholds: wgpu::MemoryBudgetThresholds {
                for_resource_creation: Some(95),
                for_device_loss: None,
            },
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
        let mut looked_for = String::from(match adapters.is_empty() {
            true => "no adapter of Vulkan or Metal was found; is a driver installed?",
            false => "adapters of Vulkan and Metal were looked for",
        });
        // Those with memory of their own first.
        adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu | wgpu::DeviceType::Other => 2,
            wgpu::DeviceType::Cpu => 3,
        });
        adapters.retain(|adapter| match refused(adapter, asked) {
            None => true,
            Some(why) => {
                let name = adapter.get_info().name;
                let _ = write!(looked_for, "; {name} does not serve: {why}");
                false
            }
        });
        if let Some(ignored) = ASKED.ignored() {
            let _ = write!(looked_for, "; ignored: {ignored}");
        }
        Found::of(adapters, looked_for)
    }

    fn of(adapters: Vec<wgpu::Adapter>, looked_for: String) -> Self {
        let is_metal = |adapter: &wgpu::Adapter| adapter.get_info().backend == wgpu::Backend::Metal;
        Self {
            count: i32::try_from(adapters.len()).unwrap_or(i32::MAX),
            is_metal: adapters.first().is_some_and(is_metal),
            adapters: Owned::new(adapters),
            looked_for,
        }
    }
}

/// The number of devices. 0 in a forked child whose parent has looked for devices.
pub fn count() -> i32 {
    found().ok().filter(|found| found.adapters.is_ours()).map_or(0, |found| found.count)
}

/// Which devices were looked for, for people.
pub fn looked_for() -> String {
    match found() {
        Err(error) => error.to_string(),
        Ok(found) if found.adapters.is_ours() => found.looked_for.clone(),
        Ok(_) => FORKED.to_owned(),
    }
}

/// The name of a device, and how it is reached.
pub fn name(index: i32) -> Option<String> {
    let wgpu::AdapterInfo { name, backend, .. } = adapter(index).ok()?.get_info();
    Some(format!("{name} ({backend:?})"))
}

/// Whether device 0 computes through Apple's Metal.
pub fn is_metal() -> bool {
    count() > 0 && found().is_ok_and(|found| found.is_metal)
}

/// The adapter of a device.
///
/// # Errors
/// `DeviceUnavailable`.
pub fn adapter(index: i32) -> Result<&'static wgpu::Adapter> {
    let adapters = found()?.adapters.get().map_err(|_| Error::unavailable(looked_for()))?;
    let adapter = usize::try_from(index).ok().and_then(|index| adapters.get(index));
    adapter.ok_or_else(|| Error::unavailable(looked_for()))
}

/// Whether this process has looked for devices, and no parent before it.
pub fn was_looked_for_here() -> bool {
    FOUND.made().is_some_and(|found| found.adapters.is_ours())
}
