//! Arrays: shape and strides over shared storage.

mod view;

pub use view::View;
