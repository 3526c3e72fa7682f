//! Tests on the devices that there are. `scripts/gpu.sh` gives them one in software.

use bytemuck::Pod;

use super::device::{Device, kernel_tests};
use super::kernels::{self, check, full};
use super::{bits, blocks, conversions, numbers, passes, words};
use crate::dtype::Dtype;
use crate::error::{Result, Status};
use crate::gpu::dispatch::Dispatch;
use crate::gpu::kernels::{Bounds, Job};
#[cfg(all(unix, feature = "gpu-tests"))]
use crate::gpu::kernels::{Floats, direct, submissions};
use crate::gpu::{Buffer, Gpu, Lens, Numbers, Spans, faster_transforms};

/// Device 0. There must be one: without, these tests show nothing.
fn device_0() -> Gpu {
    Gpu::open(0).expect("scripts/gpu.sh runs these tests with a device")
}

const FLOATS: Numbers = Numbers { dtype: Dtype::Float32, flush: false, are_conjugated: [false; 2] };

fn upload<T: Pod>(gpu: &Gpu, values: &[T]) -> Buffer {
    gpu.uploaded(bytemuck::cast_slice(values), "values").unwrap()
}

fn download<T: Pod>(buffer: &Buffer, len: usize) -> Vec<T> {
    let mut values = vec![T::zeroed(); len];
    buffer.download(bytemuck::cast_slice_mut(&mut values)).unwrap();
    values
}

impl Device for Gpu {
    fn alignment(&self) -> usize {
        Bounds::of(self).alignment
    }

    fn make(
        &self,
        bounds: Option<Bounds>,
        job: Job,
        words: [&[u32]; 3],
        lens: Lens,
        rows: Spans,
    ) -> Result<Vec<u32>> {
        let [a, v, y] = words.map(|words| upload(self, words));
        Gpu::make(self, bounds.unwrap_or(Bounds::of(self)), job, [&a, &v, &y], lens, [rows])?;
        Ok(download(&y, words[2].len()))
    }

    fn run(&self, run: Dispatch, bytes: usize) -> Vec<u32> {
        let buffer = self.buffer(bytes, "a buffer").unwrap();
        self.dispatch(&[&buffer], &[run]).unwrap();
        download(&buffer, bytes / 4)
    }
}

macro_rules! on_device_0 {
    ($($file:ident { $($test:ident)* })*) => {$($(
        #[test]
        fn $test() {
            $file::$test(&device_0());
        }
    )*)*};
}
kernel_tests!(on_device_0);

#[test]
fn a_counter_held_back_loses_the_device_and_another_is_opened() {
    // Its own index of the list of open devices: other tests keep theirs.
    let gpu = Gpu::opened_apart(0).unwrap();
    let (kept, buffer) = (upload(&gpu, &[1.0_f32; 100]), upload(&gpu, &[2.0_f32; 100]));
    assert_eq!(download::<f32>(&kept, 100), [1.0; 100]);
    gpu.finish().unwrap();
    gpu.expect_one_more();
    let lost = buffer.download(&mut [0; 400]).unwrap_err();
    assert_eq!(lost.status, Status::DeviceLost);
    assert_eq!(lost.to_string(), "the GPU was lost: 1 pieces of work were not done");
    for error in [gpu.finish(), gpu.buffer(4, "").map(drop), kept.download(&mut [0; 400])] {
        assert_eq!(error.unwrap_err().status, Status::DeviceLost);
    }
    check(&device_0(), None, full(100, 3), 1, true);
}

#[test]
fn a_destroyed_device_is_lost() {
    let gpu = Gpu::opened_apart(0).unwrap();
    let buffer = upload(&gpu, &[1.0_f32; 100]);
    gpu.destroy();
    let lost = buffer.download(&mut [0; 400]).unwrap_err();
    assert_eq!(lost.status, Status::DeviceLost, "{lost}");
    assert_eq!(gpu.buffer(1 << 20, "").unwrap_err().status, Status::DeviceLost);
    check(&device_0(), None, full(100, 3), 1, true);
}

#[test]
fn eight_threads_share_a_device() {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                (0..20).for_each(|i| check(&device_0(), None, full(500 + i, 20), 3, i % 2 == 0))
            });
        }
    });
}

#[test]
#[ignore = "alone only, as it watches the process: scripts/check.sh runs it"]
fn ten_thousand_small_calls_take_no_more_memory() {
    let gpu = Gpu::opened_apart(0).unwrap();
    let lens = full(64, 8);
    let rows = Spans::one([0; 3], [1; 3]);
    let (a, v) = (upload(&gpu, &kernels::numbers(64, 1)), upload(&gpu, &kernels::numbers(8, 2)));
    let call = || {
        let y = gpu.buffer(4 * lens.outputs, "outputs").unwrap();
        Gpu::direct(&gpu, FLOATS, [&a, &v, &y], lens, [rows]).unwrap();
        download::<f32>(&y, lens.outputs)
    };
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
    };
    let first = call();
    (0..1000).for_each(|_| assert_eq!(call(), first));
    let before = resident();
    (0..9000).for_each(|_| assert_eq!(call(), first));
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes");
}

/// Each row is a workgroup at least, and one dimension has no room for all of them.
#[cfg(all(unix, feature = "gpu-tests"))]
#[test]
#[ignore = "takes long: scripts/check.sh runs it"]
fn a_dispatch_has_more_than_65535_groups() {
    let (gpu, lens, rows) = (device_0(), full(3, 2), 65537);
    let bounds = Bounds { groups: 65535, ..Bounds::of(&gpu) };
    let mut most = 0;
    let spans = Spans { count: rows, ..Spans::one([0; 3], [1; 3]) };
    submissions(bounds, direct(2, Floats::default()), lens, [spans], |work| {
        let groups = |run: &Dispatch| run.groups.into_iter().product::<u32>();
        most = work.iter().map(groups).fold(most, u32::max);
        Ok(())
    })
    .unwrap();
    assert!(most > 65535, "{most}");
    check(&gpu, Some(bounds), lens, rows, false);
}

#[test]
fn transforms_compute_what_direct_sums_do() {
    let gpu = device_0();
    for (n, k) in [(600, 256), (20_000, 300), (9000, 2500), (90_000, 3500)] {
        let lens = full(n, k);
        let (a, v) = (upload(&gpu, &kernels::numbers(n, 1)), upload(&gpu, &kernels::numbers(k, 2)));
        let [by_transforms, directly] =
            [(); 2].map(|()| gpu.buffer(4 * lens.outputs, "outputs").unwrap());
        let rows = Spans::one([0; 3], [1; 3]);
        gpu.transforms([&a, &v, &by_transforms], lens, [rows]).unwrap();
        gpu.direct(FLOATS, [&a, &v, &directly], lens, [rows]).unwrap();
        let [got, want] =
            [by_transforms, directly].map(|buffer| download::<f32>(&buffer, lens.outputs));
        assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-3));
    }
    assert!(faster_transforms(full(100_000, 500)).is_some());
    let slower = [full(100_000, 100), full(300, 300), full(900_000, 900_000)];
    assert_eq!(slower.map(faster_transforms), [None; 3]);
}
