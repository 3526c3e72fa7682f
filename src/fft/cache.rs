//! Tables of the transforms used lately, which short convolutions would spend most of their time on.

use std::any::Any;
use std::sync::Arc;

use super::tables::Tables;
use crate::cpu::{Isa, Real};
use crate::error::Result;
use crate::process::Lock;

/// Tables that are kept are at most this large: for longer blocks they take a small part of the time.
const MOST_BYTES: usize = 2 << 20;
/// And at most as many; a program tends to use a handful of block lengths.
const MOST: usize = 8;

struct Kept {
    isa: Isa,
    half: usize,
    tables: Arc<dyn Any + Send + Sync>,
}

/// The last used first.
static KEPT: Lock<Vec<Kept>> = Lock::new(Vec::new());

/// The tables for `half` complex values, kept or new; up to `threads` threads make them.
///
/// # Errors
/// `OutOfMemory`.
pub fn tables<T: Real>(isa: Isa, half: usize, threads: usize) -> Result<Arc<Tables<T>>> {
    if let Some(tables) = find(isa, half) {
        return Ok(tables);
    }
    let tables = Arc::new(Tables::<T>::new(isa, half, threads)?);
    if tables.bytes() <= MOST_BYTES {
        keep(Kept { isa, half, tables: tables.clone() });
    }
    Ok(tables)
}

fn find<T: Real>(isa: Isa, half: usize) -> Option<Arc<Tables<T>>> {
    let mut kept = KEPT.lock();
    let at = kept.iter().position(|kept| {
        kept.isa == isa && kept.half == half && (*kept.tables).is::<Tables<T>>()
    })?;
    kept[..=at].rotate_right(1);
    kept[0].tables.clone().downcast().ok()
}

fn keep(new: Kept) {
    let mut kept = KEPT.lock();
    let dropped = if kept.len() < MOST { None } else { kept.pop() };
    kept.insert(0, new);
    // Memory is given back when nothing is locked.
    drop(kept);
    drop(dropped);
}

/// Drops the tables that are kept.
pub fn clear_tables() {
    let dropped = std::mem::take(&mut *KEPT.lock());
    drop(dropped);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::isa;

    #[test]
    fn kept_tables_are_those_of_the_type_and_length() {
        // Tests run side by side and may push these out, but not every time.
        let shared = (0..1000).any(|_| {
            let (one, two) =
                (tables::<f32>(isa(), 256, 1).unwrap(), tables::<f32>(isa(), 256, 1).unwrap());
            Arc::ptr_eq(&one, &two)
        });
        assert!(shared);
        let sizes = [64, 256, 64, 1024].map(|half| tables::<f64>(isa(), half, 1).unwrap().bytes());
        assert!(sizes[0] == sizes[2] && sizes[0] < sizes[1] && sizes[1] < sizes[3]);
        for half in (0..2 * MOST).map(|k| 64 << k) {
            tables::<f32>(isa(), half, 1).unwrap();
        }
        assert!(KEPT.lock().len() <= MOST);
    }
}
