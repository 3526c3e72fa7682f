//! Kernels in Metal's language, compiled by clang and run on the processor. `scripts/msl.sh` runs these
//! tests.
//!
//! They need no Apple hardware, and show nothing of it. They show what a translated kernel computes if
//! the compiler takes floats for finite, reorders sums and fuses multiply-adds, as Metal's may: wgpu has
//! no switch for its fast math.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_void};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, OnceLock};

use super::device::{Device, kernel_tests};
use super::translated::{Translated, VERSIONS};
use super::{bits, blocks, conversions, kernels, numbers, passes, words};
use crate::error::Result;
use crate::gpu::dispatch::{Dispatch, Part};
use crate::gpu::kernels::{Bounds, Job, submissions, temporary_bytes};
use crate::gpu::pipelines::Kernel;
use crate::gpu::{Lens, Spans};
use crate::process::guard_page::BeforeGuardPage;

/// The kernels in MSL, each compiled at its first use.
struct Msl {
    /// Where in build/msl.
    name: &'static str,
    flags: &'static [&'static str],
    /// What is done to their WGSL.
    edit: Box<dyn Fn(&str) -> String + Send + Sync>,
    kernels: [OnceLock<Run>; Kernel::ALL.len()],
}

/// Runs so many workgroups of a kernel in x and y: `run` of `metal/grid.h`.
type Run = unsafe extern "C" fn(*const *mut c_void, u32, u32) -> bool;

/// Fast math, as Metal's compiler has it by default.
const FAST: &[&str] = &["-O3", "-ffast-math", "-mfma"];

static MSL: LazyLock<Msl> = LazyLock::new(|| Msl::new("kernels", FAST, str::to_owned));

impl Msl {
    /// The kernels, edited by `edit`, which are compiled into build/msl/`name`.
    fn new(
        name: &'static str,
        flags: &'static [&'static str],
        edit: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let kernels = [const { OnceLock::new() }; Kernel::ALL.len()];
        Self { name, flags, edit: Box::new(edit), kernels }
    }

    fn kernel(&self, kernel: Kernel) -> Run {
        *self.kernels[kernel as usize].get_or_init(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("build/msl").join(self.name);
            std::fs::create_dir_all(&folder).unwrap();
            let (source, name) = kernel.source();
            let source = (self.edit)(&source);
            let kernel = Translated::new(kernel, &source, VERSIONS[VERSIONS.len() - 1]);
            load(&library(&folder.join(name), self.flags, &kernel))
        })
    }

    /// Does what a device does for a dispatch. The bytes that each binding reaches end before memory
    /// that may not be touched.
    fn run_on(&self, run: &Dispatch, buffers: &mut [Vec<u32>]) {
        let words = |&Part { buffer, from, len }: &Part| (buffer, from / 4..(from + len) / 4);
        let binding = |(buffer, range): (usize, Range<usize>)| {
            let mut words = BeforeGuardPage::<u32>::new(range.len());
            words.copy_from_slice(&buffers[buffer][range]);
            words
        };
        let mut bindings: Vec<_> = run.parts.iter().map(words).map(binding).collect();
        let mut params = run.params;
        let mut sizes: Vec<u32> = run.parts.iter().map(|part| part.len as u32).collect();
        let mut arguments = vec![params.as_mut_ptr().cast()];
        arguments.extend(bindings.iter_mut().map(|binding| binding.as_mut_ptr().cast()));
        arguments.push(sizes.as_mut_ptr().cast());
        let [x, y] = run.groups;
        // SAFETY: the arguments are those of the kernel, in the order of `Translated`. Kernels stay inside
        // their bindings, as `pipelines.rs` claims; right after them, a guard page ends the process.
        let has_run = unsafe { self.kernel(run.kernel)(arguments.as_ptr(), x, y) };
        assert!(has_run, "some invocations ended where others waited at a barrier");
        for ((buffer, range), binding) in run.parts.iter().map(words).zip(&bindings) {
            buffers[buffer][range].copy_from_slice(binding);
        }
    }
}

/// The library that clang makes of a kernel, `path` with endings.
fn library(path: &Path, flags: &[&str], kernel: &Translated) -> CString {
    let [text, glue, library] = ["metal", "cpp", "so"].map(|ending| path.with_extension(ending));
    std::fs::write(&text, &kernel.text).unwrap();
    let Translated { function, width, .. } = kernel;
    let (name, arguments) = (text.display(), kernel.arguments().join(", "));
    let lines = format!(
        "#include \"{name}\"\n#include <grid.h>\n\
         extern \"C\" bool run(void* const* buffers, uint wide, uint high) {{\n  \
         using namespace metal;\n  \
         return run_grid({function}, {{{arguments}}}, buffers, {width}, wide, high);\n}}\n"
    );
    std::fs::write(&glue, lines).unwrap();
    let status = Command::new("clang++-19")
        .args(["-std=c++20", "-w", "-fPIC", "-shared"])
        // MSL has no double.
        .args(["-Xclang", "-cl-single-precision-constant"])
        .args(flags)
        .arg(concat!("-I", env!("CARGO_MANIFEST_DIR"), "/src/gpu/tests/metal"))
        .args([glue.as_path(), "-o".as_ref(), &library])
        .status()
        .expect("scripts/setup.sh --check installs clang-19");
    assert!(status.success());
    CString::new(library.as_os_str().as_encoded_bytes()).unwrap()
}

/// The function of a library, which is never unloaded.
fn load(library: &CStr) -> Run {
    // SAFETY: both strings end with 0. The library's constructors need nothing.
    let run = unsafe {
        let library = libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        assert!(!library.is_null(), "{:?}", CStr::from_ptr(libc::dlerror()));
        libc::dlsym(library, c"run".as_ptr())
    };
    assert!(!run.is_null());
    // SAFETY: `library` wrote the function with these arguments.
    unsafe { std::mem::transmute::<*mut c_void, Run>(run) }
}

impl Device for Msl {
    fn alignment(&self) -> usize {
        256
    }

    fn make(
        &self,
        bounds: Option<Bounds>,
        job: Job,
        words: [&[u32]; 3],
        lens: Lens,
        rows: Spans,
    ) -> Result<Vec<u32>> {
        // Those of an Apple GPU are no smaller.
        let own = Bounds { bytes: 1 << 27, alignment: 256, groups: 65535, at_once: 1 << 32 };
        let mut buffers = words.map(<[u32]>::to_vec).to_vec();
        buffers.extend(temporary_bytes(job).map(|bytes| vec![0xffff_ffff; bytes / 4]));
        submissions(bounds.unwrap_or(own), job, lens, [rows], |work| {
            work.iter().for_each(|run| self.run_on(run, &mut buffers));
            Ok(())
        })?;
        Ok(buffers.swap_remove(2))
    }

    fn run(&self, run: Dispatch, bytes: usize) -> Vec<u32> {
        let mut buffers = [vec![0; bytes / 4]];
        self.run_on(&run, &mut buffers);
        let [words] = buffers;
        words
    }
}

macro_rules! on_msl {
    ($($file:ident { $($test:ident)* })*) => {$($(
        #[test]
        #[ignore = "needs clang-19: scripts/msl.sh runs it"]
        fn $test() {
            $file::$test(&*MSL);
        }
    )*)*};
}
kernel_tests!(on_msl);

#[test]
#[ignore = "needs clang-19: scripts/msl.sh runs it"]
fn the_counter_advances() {
    let mut buffers = [vec![41]];
    let counter = Part { buffer: 0, from: 0, len: 4 };
    MSL.run_on(&Dispatch::new(Kernel::Advance, &[], [counter], [1, 1]), &mut buffers);
    assert_eq!(buffers, [[42]]);
}

/// An edit of one place, which only one kernel has.
fn replaced(from: &'static str, to: &'static str) -> impl Fn(&str) -> String + Copy {
    let all: String = Kernel::ALL.iter().map(|kernel| kernel.source().0.into_owned()).collect();
    assert_eq!(all.matches(from).count(), 1, "{from}");
    move |source| source.replace(from, to)
}

/// Whether a test fails.
fn fails(test: fn(&Msl), kernels: &Msl) -> bool {
    catch_unwind(AssertUnwindSafe(|| test(kernels))).is_err()
}

/// A control: fast math is on, and the tests find a kernel that it makes wrong.
#[test]
#[ignore = "needs clang-19: scripts/msl.sh runs it"]
fn a_nan_found_by_comparison_is_missed_with_fast_math_alone() {
    let test = kernels::infinities_and_nans_have_the_footprint_of_the_direct_sum;
    let compares = replaced(
        "if (magnitude > 0x7f800000u)",
        "let number = bitcast<f32>(word);\n    if (number != number)",
    );
    assert!(!fails(test, &Msl::new("compares", &["-O2", "-mfma"], compares)));
    assert!(fails(test, &Msl::new("compares-fast", FAST, compares)));
}

/// A control: the tests find a wrong kernel.
#[test]
#[ignore = "needs clang-19: scripts/msl.sh runs it"]
fn a_value_in_a_wrong_place_is_found() {
    let misplaces = replaced("vec4<f32>(w3.w, w4.xyz)", "vec4<f32>(w3.w, w4.yyz)");
    let wrong = Msl::new("misplaces", FAST, misplaces);
    assert!(fails(kernels::direct_sums_keep_their_bound_at_all_lengths, &wrong));
    assert!(!fails(kernels::zeros_and_signs, &wrong));
}
