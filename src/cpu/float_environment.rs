//! The floating-point environment that all computing runs in.

#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::isa::Isa;
use super::vector::Kernel;

/// Gives its thread rounding to nearest, gradual underflow and no traps, while it lives. When it is
/// dropped, the caller's environment comes back. It belongs to its thread, so it cannot be sent to
/// another thread.
///
/// On targets whose control register this module does not know (neither x86_64 nor aarch64), it
/// does nothing.
pub struct FloatEnvironment {
    callers: register::Value,
    _not_send: PhantomData<*const ()>,
}

impl FloatEnvironment {
    /// Runs `body` in the environment.
    #[inline(always)]
    pub fn run<R>(body: impl FnOnce() -> R) -> R {
        /// The compiler moves no arithmetic out of a call that is not inlined.
        #[inline(never)]
        fn apart<R>(body: impl FnOnce() -> R) -> R {
            body()
        }
        let _environment = Self::enter();
        apart(body)
    }

    /// Runs a kernel in the environment.
    #[inline(always)]
    pub fn run_kernel<K: Kernel>(isa: Isa, kernel: K) -> K::Output {
        let _environment = Self::enter();
        // This call is not inlined either.
        isa.run(kernel)
    }

    /// Saves the calling thread's environment and sets ours. If ours is in force already, nothing
    /// is written.
    #[inline]
    fn enter() -> Self {
        let callers = register::read();
        let ours = register::ours(callers);
        if ours != callers {
            register::write(ours);
        }
        Self { callers, _not_send: PhantomData }
    }
}

impl Drop for FloatEnvironment {
    #[inline]
    fn drop(&mut self) {
        // If the controls were ours from the start, the flags that kernels raised stay raised.
        if register::ours(self.callers) != self.callers {
            register::write(self.callers);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod register {
    use std::arch::asm;

    /// MXCSR.
    pub type Value = u32;

    /// The sticky exception flags, which are not controls.
    const STATUS: u32 = 0x3f;
    /// All six exceptions masked; bits 13-14 (rounding) 0: to nearest; 15 (FTZ) and 6 (DAZ) clear.
    const OURS: u32 = 0x1f80;
    /// The bits of MXCSR that this module knows. Newer bits stay as they are.
    const CONTROLS: u32 = 0xffc0;

    pub fn ours(callers: u32) -> u32 {
        (callers & !CONTROLS) | OURS
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

    /// FPCR.
    pub type Value = u64;

    /// AHP, DN, FZ, RMode (26..=22), FZ16 (19), trap enables (15, 12..=8), NEP, AH and FIZ (2..=0):
    /// all clear is IEEE 754's default.
    const CONTROLS: u64 = 0x07c8_9f07;

    pub fn ours(callers: u64) -> u64 {
        callers & !CONTROLS
    }

    pub fn read() -> u64 {
        let value;
        // SAFETY: FPCR is readable in user mode.
        unsafe { asm!("mrs {}, fpcr", out(reg) value, options(nostack, preserves_flags)) }
        value
    }

    pub fn write(value: u64) {
        // SAFETY: `value` is one that `read` returned, or one with some of its bits cleared. `run`
        // and `run_kernel` put our computations into a call that is not inlined. The compiler takes
        // this instruction for a write to any memory, so it moves no call across it.
        unsafe { asm!("msr fpcr, {}", in(reg) value, options(nostack, preserves_flags)) }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod register {
    pub type Value = ();
    pub fn ours(_: ()) {}
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
        let (right_tiny, right_sum) = (tiny(), sum());
        assert_ne!(right_tiny, 0.0);

        let before = register::read();
        register::write(HOSTILE);
        let (wrong_tiny, wrong_sum) = (tiny(), sum());
        let environment = FloatEnvironment::enter();
        let ours = (tiny(), sum());
        {
            let nested = FloatEnvironment::enter();
            drop(nested);
        }
        let still_ours = (tiny(), sum());
        drop(environment);
        let (after_tiny, after_sum) = (tiny(), sum());
        register::write(before);

        assert_eq!((wrong_tiny, after_tiny), (0.0, 0.0));
        assert_eq!(ours, (right_tiny, right_sum));
        assert_eq!(still_ours, ours);
        assert!(wrong_sum > right_sum && after_sum > right_sum);
    }
}
