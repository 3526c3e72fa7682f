//! Arrays: a shape and strides over shared storage. The values may be ready or pending.

mod display;
mod layout;
mod output;
mod promise;
mod room;
mod row_pairs;
mod values;
mod view;

pub use layout::Layout;
pub use output::Output;
pub use room::Room;
pub use row_pairs::RowPairs;
pub use values::Array;
pub use view::{Rows, View};
