//! Componentwise accuracy: families of operands that defeat transforms, against exact sums.

mod call;
pub mod exact_sum;
mod families;
mod families_keep_the_bound;
