//! What bounds the GPU core on a device: how fast memory is copied, and how many multiply-adds of float32
//! there are at most.
//!
//! `gpu_roofs [NAME]` measures the first adapter whose name is in NAME, or the first of all, and prints
//! JSON: `{"adapter": ..., "copy": bytes read and written a second, "multiply_adds": each second}`.
//! `benches/gpu/run.py` compares the library with these figures.

use std::error::Error;
use std::time::Instant;

use wgpu::util::DeviceExt;

/// Invocations of a workgroup.
const WIDTH: u32 = 256;
/// Workgroups in x; the others are in y.
const WIDE: u32 = 1 << 12;
/// Work that takes so many seconds is measured; its start and its end take some 0.0001.
const SECONDS: f64 = 0.05;
/// Measurements, of which the fastest counts.
const ROUNDS: usize = 5;

const COPY: &str = "
@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let i = (id.y * 4096u + id.x) * 256u + t;
    y[i] = x[i];
}
";

/// Eight chains of vec4, 64 vec4 multiply-adds in a round; `x` holds the number of rounds, and numbers that
/// the compiler does not know.
const MULTIPLY_ADD: &str = "
@group(0) @binding(0) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<u32>>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let rounds = x[0].x;
    let a = bitcast<vec4<f32>>(x[1]);
    let b = bitcast<vec4<f32>>(x[2]);
    var y0 = bitcast<vec4<f32>>(x[t & 7u]);
    var y1 = y0 + a;
    var y2 = y1 + a;
    var y3 = y2 + a;
    var y4 = y3 + a;
    var y5 = y4 + a;
    var y6 = y5 + a;
    var y7 = y6 + a;
    for (var i = 0u; i < rounds; i++) {
ROUND
    }
    let sum = y0 + y1 + y2 + y3 + y4 + y5 + y6 + y7;
    y[id.x * 256u + t] = bitcast<vec4<u32>>(sum);
}
";
const MULTIPLY_ADDS_OF_A_ROUND: u64 = 64 * 4;

struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// A kernel with its operands.
struct Bound {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
}

impl Gpu {
    fn buffer(&self, bytes: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes,
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_SRC
                | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    fn bound(&self, source: &str, x: &wgpu::Buffer, y: &wgpu::Buffer) -> Bound {
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        let entries: Vec<_> = (0..)
            .zip([x, y])
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Bound { pipeline, group }
    }

    /// The seconds that commands take.
    fn seconds(&self, encode: impl Fn(&mut wgpu::CommandEncoder)) -> Result<f64, Box<dyn Error>> {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encode(&mut encoder);
        let commands = encoder.finish();
        let begin = Instant::now();
        self.queue.submit([commands]);
        self.device.poll(wgpu::PollType::wait_indefinitely())?;
        Ok(begin.elapsed().as_secs_f64())
    }

    /// How often `encode` is done in a second, at best.
    fn rate(&self, encode: impl Fn(&mut wgpu::CommandEncoder)) -> Result<f64, Box<dyn Error>> {
        let several = |times: u32| self.seconds(|encoder| (0..times).for_each(|_| encode(encoder)));
        several(1)?;
        let mut times = 1;
        while several(times)? < SECONDS {
            times *= 2;
        }
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            best = best.min(several(times)?);
        }
        Ok(f64::from(times) / best)
    }
}

fn run(encoder: &mut wgpu::CommandEncoder, bound: &Bound, groups: [u32; 2]) {
    let mut pass = encoder.begin_compute_pass(&Default::default());
    pass.set_pipeline(&bound.pipeline);
    pass.set_bind_group(0, &bound.group, &[]);
    pass.dispatch_workgroups(groups[0], groups[1], 1);
}

/// Bytes read and written in a second: by a kernel, or by the device's own copy, whichever is faster.
fn copied(gpu: &Gpu, is_software: bool) -> Result<f64, Box<dyn Error>> {
    // Much more than caches hold.
    let bytes: u64 = if is_software { 64 << 20 } else { 512 << 20 };
    let limits = gpu.device.limits();
    let bytes = bytes.min(limits.max_storage_buffer_binding_size).min(limits.max_buffer_size);
    let group = u64::from(WIDTH) * 16;
    let bytes = bytes / (group * u64::from(WIDE)) * group * u64::from(WIDE);
    let (x, y) = (gpu.buffer(bytes), gpu.buffer(bytes));
    let bound = gpu.bound(COPY, &x, &y);
    let groups = [WIDE, (bytes / group / u64::from(WIDE)) as u32];
    let by_kernel = gpu.rate(|encoder| run(encoder, &bound, groups))?;
    let by_copy = gpu.rate(|encoder| encoder.copy_buffer_to_buffer(&x, 0, &y, 0, bytes))?;
    Ok(2.0 * bytes as f64 * by_kernel.max(by_copy))
}

/// Multiply-adds in a second.
fn multiplied(gpu: &Gpu, is_software: bool) -> Result<f64, Box<dyn Error>> {
    let (groups, rounds): (u32, u32) = if is_software { (64, 64) } else { (1 << 14, 64) };
    let number = f32::to_bits;
    let mut values = [[number(0.1); 4]; 8];
    values[0] = [rounds, 0, 0, 0];
    values[1] = [number(0.999); 4];
    values[2] = [number(0.001); 4];
    let x = gpu.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: None,
        contents: bytemuck::cast_slice(&values),
        usage: wgpu::BufferUsages::STORAGE,
    });
    let y = gpu.buffer(u64::from(groups * WIDTH) * 16);
    let step = |i: usize| format!("        y{0} = fma(y{0}, a, b);\n", i % 8);
    let round: String = (0..64).map(step).collect();
    let bound = gpu.bound(&MULTIPLY_ADD.replace("ROUND", &round), &x, &y);
    let each = u64::from(groups * WIDTH) * u64::from(rounds) * MULTIPLY_ADDS_OF_A_ROUND;
    Ok(each as f64 * gpu.rate(|encoder| run(encoder, &bound, [groups, 1]))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().nth(1);
    let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapters = pollster::block_on(instance.enumerate_adapters(backends));
    let is_wanted = |adapter: &wgpu::Adapter| {
        wanted.as_ref().is_none_or(|wanted| wanted.contains(&adapter.get_info().name))
    };
    let adapter = adapters.into_iter().find(is_wanted).ok_or("no such adapter")?;
    let info = adapter.get_info();
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        required_limits: adapter.limits(),
        ..Default::default()
    }))?;
    let gpu = Gpu { device, queue };
    let is_software = info.device_type == wgpu::DeviceType::Cpu;
    let (copy, multiply_adds) = (copied(&gpu, is_software)?, multiplied(&gpu, is_software)?);
    println!(
        "{{\"adapter\": {:?}, \"copy\": {copy:.4e}, \"multiply_adds\": {multiply_adds:.4e}}}",
        info.name
    );
    Ok(())
}
