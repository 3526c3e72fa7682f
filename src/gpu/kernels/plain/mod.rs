//! Elements of all dtypes, and the plain numbers that are computed with.

pub mod convert;
