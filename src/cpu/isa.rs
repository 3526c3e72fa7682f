//! The instruction set that kernels run on, chosen once.

/// An instruction set with kernels of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// Whatever the compiler target guarantees.
    Portable,
}

/// The instruction set in use.
pub fn isa() -> Isa {
    Isa::Portable
}

impl Isa {
    /// Its name, as the environment variable and `mlx_convolve_explain` spell it.
    pub fn name(self) -> &'static str {
        "portable"
    }
}
