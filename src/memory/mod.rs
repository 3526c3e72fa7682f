//! Storage: fallible, aligned to a cache line, counted, and kept for reuse.

mod aligned; //  typed buffers for computing
mod block; //    untyped memory, small or in pages
mod cache; //    freed pages kept for reuse
mod copy; //     copying values
pub mod counters; // bytes in use
mod pages; //    whole pages from the operating system
pub mod reserve; // the allocator, with a reserve for a lack of memory
mod reused; //   workspace kept for the next call
mod rows; //     rows of outputs, with other bytes between them
mod storage; //  the storage of arrays' values
pub mod system; //  the system's allocator, for allocations that may fail
mod workspace; // bytes that a computation works in

pub use aligned::Aligned;
pub use block::size as block_size;
pub use cache::{cache_room, cached, clear_cache, set_cache_limit};
pub use copy::copy;
pub use counters::{active, peak, reset_peak};
pub use reused::{Reused, clear_reused};
pub use rows::{Grid, Row, RowMut, RowsMut, Strided};
pub use storage::{Buffer, Managed, Storage};
pub use workspace::{Workspace, bytes_for, with_workspace};
