//! Arrays: shape and strides over shared storage, whose values may still be in the making.

mod display;
mod layout;
mod output;
mod promise;
mod values;
mod view;

pub use layout::Layout;
pub use output::Output;
pub use values::Array;
pub use view::View;
