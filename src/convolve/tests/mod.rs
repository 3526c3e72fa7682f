//! Every method against the schoolbook sum, in higher precision where there is rounding.

mod accuracy;
mod exact;
mod footprint;
mod prepared;
mod properties;
mod support;
