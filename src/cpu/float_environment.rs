//! The floating-point environment that all computing runs in.

#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::isa::Isa;
use super::vector::Kernel;

/// How a thread computes with subnormal numbers. The values are those of the C enum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum Subnormals {
    /// As IEEE 754 says.
    #[default]
    Keep = 0,
    /// As zeros of the same sign, operands and results alike. Many processors need some hundred
    /// cycles for an operation with a subnormal number; this costs them no time.
    Flush = 1,
}

impl Subnormals {
    /// The way with C's number `raw`, if there is one.
    pub fn from_raw(raw: i32) -> Option<Self> {
        [Self::Keep, Self::Flush].into_iter().find(|&it| it as i32 == raw)
    }
}

/// Gives its thread rounding to nearest, no traps, and one way to compute with subnormal numbers,
/// while it lives. When it is dropped, the caller's environment comes back. It belongs to its
/// thread, so it cannot be sent to another thread.
///
/// On targets whose control register this module does not know (neither x86_64 nor aarch64), it
/// does nothing, and subnormal numbers are kept.
pub struct FloatEnvironment {
    callers: register::Value,
    ours: register::Value,
    _not_send: PhantomData<*const ()>,
}

impl FloatEnvironment {
    /// Runs `body` in the environment with gradual underflow.
    #[inline(always)]
    pub fn run<R>(body: impl FnOnce() -> R) -> R {
        Self::run_with(Subnormals::Keep, body)
    }

    /// Runs `body` in the environment with `subnormals`.
    #[inline(always)]
    pub fn run_with<R>(subnormals: Subnormals, body: impl FnOnce() -> R) -> R {
        /// The compiler moves no arithmetic out of a call that is not inlined.
        #[inline(never)]
        fn apart<R>(body: impl FnOnce() -> R) -> R {
            body()
        }
        let _environment = Self::enter(subnormals);
        apart(body)
    }

    /// How the calling thread, which is in the environment, computes with subnormal numbers.
    pub fn subnormals() -> Subnormals {
        match register::flushes(register::read()) {
            true => Subnormals::Flush,
            false => Subnormals::Keep,
        }
    }

    /// Runs a kernel in the environment with gradual underflow.
    #[inline(always)]
    pub fn run_kernel<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
        let _environment = Self::enter(Subnormals::Keep);
        // This call is not inlined either.
        isa.run(kernel)
    }

    /// Saves the calling thread's environment and sets ours. If ours is in force already, nothing
    /// is written.
    #[inline]
    fn enter(subnormals: Subnormals) -> Self {
        let callers = register::read();
        let ours = register::ours(callers, subnormals);
        if ours != callers {
            register::write(ours);
        }
        Self { callers, ours, _not_send: PhantomData }
    }
}

impl Drop for FloatEnvironment {
    #[inline]
    fn drop(&mut self) {
        // If the controls were ours from the start, the flags that kernels raised stay raised.
        if self.ours != self.callers {
            register::write(self.callers);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod register {
    use std::arch::asm;

    use super::Subnormals;

    /// MXCSR.
    pub type Value = u32;

    /// The sticky exception flags, which are not controls.
    const STATUS: u32 = 0x3f;
    /// All six exceptions masked; bits 13-14 (rounding) 0: to nearest; 15 (FTZ) and 6 (DAZ) clear.
    const OURS: u32 = 0x1f80;
    /// FTZ and DAZ.
    const FLUSH: u32 = 1 << 15 | 1 << 6;
    /// The bits of MXCSR that this module knows. Newer bits stay as they are.
    const CONTROLS: u32 = 0xffc0;

    pub fn ours(callers: u32, subnormals: Subnormals) -> u32 {
        let flush = if subnormals == Subnormals::Flush { FLUSH } else { 0 };
        (callers & !CONTROLS) | OURS | flush
    }

    pub fn flushes(value: u32) -> bool {
        value & FLUSH == FLUSH
    }

    pub fn read() -> u32 {
        let mut value = STATUS;
        // SAFETY: the instruction stores four bytes to a variable of this function.
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &mut value, options(nostack, preserves_flags));
        }
        value
    }

    pub fn write(value: u32) {
        // SAFETY: `value` is one that `read` returned, except for bits that every x86_64 has. `run`
        // and `run_kernel` put our computations into a call that is not inlined. The compiler takes
        // this instruction for a write to any memory, so it moves no call across it.
        unsafe {
            asm!("ldmxcsr [{}]", in(reg) &value, options(nostack, preserves_flags));
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod register {
    use std::arch::asm;

    use super::Subnormals;

    /// FPCR.
    pub type Value = u64;

    /// AHP, DN, FZ, RMode (26..=22), FZ16 (19), trap enables (15, 12..=8), NEP, AH and FIZ (2..=0):
    /// all clear is IEEE 754's default.
    const CONTROLS: u64 = 0x07c8_9f07;
    /// FZ, which flushes operands and results.
    const FLUSH: u64 = 1 << 24;

    pub fn ours(callers: u64, subnormals: Subnormals) -> u64 {
        let flush = if subnormals == Subnormals::Flush { FLUSH } else { 0 };
        (callers & !CONTROLS) | flush
    }

    pub fn flushes(value: u64) -> bool {
        value & FLUSH != 0
    }

    pub fn read() -> u64 {
        let value;
        // SAFETY: FPCR is readable in user mode.
        unsafe { asm!("mrs {}, fpcr", out(reg) value, options(nostack, preserves_flags)) }
        value
    }

    pub fn write(value: u64) {
        // SAFETY: `value` is one that `read` returned, or one with controls changed that every
        // aarch64 has. `run_with` and `run_kernel` put our computations into a call that is not
        // inlined. The compiler takes this instruction for a write to any memory, so it moves no call across it.
        unsafe { asm!("msr fpcr, {}", in(reg) value, options(nostack, preserves_flags)) }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod register {
    pub type Value = ();
    pub fn ours(_: (), _: super::Subnormals) {}
    pub fn flushes(_: ()) -> bool {
        false
    }
    pub fn read() {}
    pub fn write(_: ()) {}
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[cfg(target_arch = "x86_64")]
    const HOSTILE: register::Value = 0x1f80 | 1 << 15 | 1 << 6 | 0b10 << 13; // FTZ, DAZ, upwards
    #[cfg(target_arch = "aarch64")]
    const HOSTILE: register::Value = 1 << 24 | 0b01 << 22; // FZ, upwards

    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    #[test]
    fn hostile_environment_is_replaced_and_restored() {
        // `black_box` hides the results, too. Nothing else keeps the compiler from computing them
        // later.
        let tiny = || black_box(black_box(f32::MIN_POSITIVE) * black_box(0.5));
        let sum = || black_box(black_box(1.0f32) + black_box(1e-30));
        // A subnormal operand whose result would be normal.
        let large_of = |x: f32| black_box(black_box(x) * black_box(1e9));
        let (right_tiny, right_sum) = (tiny(), sum());
        assert_ne!(right_tiny, 0.0);

        let before = register::read();
        register::write(HOSTILE);
        let (wrong_tiny, wrong_sum) = (tiny(), sum());
        let environment = FloatEnvironment::enter(Subnormals::Keep);
        let ours = (tiny(), sum());
        let (inside, kept) = {
            let nested = FloatEnvironment::enter(Subnormals::Flush);
            let flushed = (tiny(), sum(), large_of(f32::MIN_POSITIVE / 4.0));
            let inside = FloatEnvironment::subnormals();
            drop(nested);
            (inside, flushed)
        };
        let outside = FloatEnvironment::subnormals();
        let still_ours = (tiny(), sum());
        drop(environment);
        let (after_tiny, after_sum) = (tiny(), sum());
        register::write(before);

        assert_eq!(kept, (0.0, right_sum, 0.0));
        assert_eq!([inside, outside], [Subnormals::Flush, Subnormals::Keep]);
        assert_eq!((wrong_tiny, after_tiny), (0.0, 0.0));
        assert_eq!(ours, (right_tiny, right_sum));
        assert_eq!(still_ours, ours);
        assert!(wrong_sum > right_sum && after_sum > right_sum);
    }
}
