//! Arrays: shape and strides over shared storage, whose values may still be in the making.

mod display;
mod layout;
mod promise;
mod values;
mod view;

pub use layout::Layout;
pub use promise::Output;
pub use values::Array;
pub use view::View;
