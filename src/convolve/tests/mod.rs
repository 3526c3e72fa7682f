//! Every method against the schoolbook sum, which is in higher precision if there is rounding.

mod accuracy;
pub mod componentwise;
mod exact;
mod footprint;
mod guard_rails;
mod naive;
mod options;
mod pieces;
mod prepared;
mod properties;
mod rows;
pub mod support;
