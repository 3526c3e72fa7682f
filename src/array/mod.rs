//! Arrays: shape and strides over shared storage.

mod display;
mod layout;
mod values;
mod view;

pub use layout::Layout;
pub use values::{Array, Output};
pub use view::View;
