//! Fork-join over independent pieces of work.
