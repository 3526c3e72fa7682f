//! The instruction set that kernels run on, chosen once.

#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
use super::aarch64::Neon;
use super::portable::{Lanes, Portable};
use super::vector::{Kernel, Simd};
#[cfg(target_arch = "x86_64")]
use super::x86_64::{Avx2, Avx512, Avx512Vnni};
use crate::process::{Ignored, Once, Setting};

/// The environment variable that asks for an instruction set by name.
const VARIABLE: &str = "MLX_CONVOLVE_ISA";

static ASKED: Setting<&str> =
    Setting::new(VARIABLE, "known are portable, avx2, avx512 and neon", |text| {
        ["portable", "avx2", "avx512", "neon"].into_iter().find(|&name| name == text)
    });

/// An instruction set that has its own kernels. A value proves that the machine has the instruction
/// set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// The instructions that the compiler's target guarantees.
    Portable(Portable),
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// AVX-512 F, BW, DQ, VL.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// AVX-512 as above and VNNI, which kernels of words use.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni(Avx512Vnni),
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

/// The instruction set in use: the one that the environment asks for, or else the strongest one of
/// the machine.
#[inline]
pub fn isa() -> Isa {
    static ISA: Once<Isa> = Once::new();
    *ISA.get(|| asked().or(Isa::available().last()).unwrap_or(Isa::PORTABLE))
}

/// The instruction set that the environment asks for, if the machine has it. If two have the same
/// name, the stronger one.
fn asked() -> Option<Isa> {
    let name = ASKED.get()?;
    Isa::available().filter(|isa| isa.name() == name).last()
}

/// Whether the environment chose the instruction set. If so, no other property of the machine may
/// change the bits of results.
pub fn is_isa_asked_for() -> bool {
    asked().is_some()
}

/// The value of `MLX_CONVOLVE_ISA`, if it has no effect.
pub fn ignored_isa() -> Option<Ignored<'static>> {
    match ASKED.get() {
        Some(value) if asked().is_none() => {
            Some(Ignored { variable: VARIABLE, value, reason: "this machine lacks it" })
        }
        _ => ASKED.ignored(),
    }
}

/// Whether AMD made the processor, or Hygon, whose cores are AMD's.
#[inline]
pub fn is_by_amd() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        /// The answer is kept, because asking the processor takes microseconds in a virtual
        /// machine.
        static BY_AMD: Once<bool> = Once::new();
        *BY_AMD.get(|| {
            // SAFETY: every x86-64 processor has the instruction. Older compilers do not treat the
            // call as safe.
            #[allow(unused_unsafe)]
            let leaf = unsafe { std::arch::x86_64::__cpuid(0) };
            let name: [u8; 12] = bytemuck::cast([leaf.ebx, leaf.edx, leaf.ecx]);
            matches!(&name, b"AuthenticAMD" | b"HygonGenuine")
        })
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Whether arithmetic with subnormal numbers takes some hundred cycles, as on Intel's processors. On
/// AMD's it takes no longer than with other numbers (Zen 5: 0.97 to 1.1 of the time). If the
/// environment asks for the instruction set, the processor's maker does not count.
#[inline]
pub fn minds_subnormals() -> bool {
    cfg!(target_arch = "x86_64") && (is_isa_asked_for() || !is_by_amd())
}

impl Isa {
    pub(super) const PORTABLE: Self = Self::Portable(Lanes);

    /// The machine's instruction sets, weakest first.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let special = [
            Avx2::detect().map(Self::Avx2),
            Avx512::detect().map(Self::Avx512),
            Avx512Vnni::detect().map(Self::Avx512Vnni),
        ];
        #[cfg(target_arch = "aarch64")]
        let special = [Neon::detect().map(Self::Neon)];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let special = [None];
        std::iter::once(Self::PORTABLE).chain(special.into_iter().flatten())
    }

    /// The name, as the environment variable and `mlx_convolve_explain` spell it. VNNI has no name
    /// of its own, because only integers are computed with it, and they are exact.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) | Self::Avx512Vnni(_) => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
        }
    }

    /// Bytes of a vector of floats.
    pub fn vector_bytes(self) -> usize {
        match self {
            Self::Portable(_) => 16,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => 32,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) | Self::Avx512Vnni(_) => 64,
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => 16,
        }
    }

    /// Whether [`copy_past_caches`](super::copy_past_caches) stores past the caches. If not, it
    /// copies as usual.
    pub fn stores_past_caches(self) -> bool {
        match self {
            Self::Portable(_) => false,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) | Self::Avx512(_) | Self::Avx512Vnni(_) => true,
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => false,
        }
    }

    /// Whether one operation adds up products of 8 or 16 bits.
    pub fn has_dot_products(self) -> bool {
        match self {
            Self::Portable(_) => false,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) | Self::Avx512(_) => false,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni(_) => true,
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => false,
        }
    }

    /// Calls the kernel, compiled for this instruction set. The call is not inlined.
    #[inline(always)]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        /// Calls kernels for instruction sets that every processor has. The kernels of all other
        /// instruction sets are also behind calls that are not inlined.
        #[inline(never)]
        fn called<S: Simd, K: Kernel>(simd: S, kernel: K) -> K::Output {
            simd.run(kernel)
        }
        match self {
            Self::Portable(simd) => called(simd, kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => simd.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => simd.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni(simd) => simd.avx512().run(kernel),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => called(simd, kernel),
        }
    }
}
