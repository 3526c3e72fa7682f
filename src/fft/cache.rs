//! Keeps the tables of recent transforms. Short convolutions would spend most of their time on
//! making tables.

use std::any::Any;
use std::sync::Arc;

use super::tables::Tables;
use crate::cpu::{Isa, Real};
use crate::error::Result;
use crate::memory::reserve;
use crate::process::Lock;

/// The largest tables that are kept. For longer blocks, making tables is a small part of the time.
const MOST_BYTES: usize = 2 << 20;
/// The number of tables that are kept. A program tends to use a handful of block lengths.
const MOST: usize = 8;

struct Kept {
    isa: Isa,
    half: usize,
    tables: Arc<dyn Any + Send + Sync>,
}

/// The most recently used tables first, then free places.
static KEPT: Lock<[Option<Kept>; MOST]> = Lock::new(NONE);
const NONE: [Option<Kept>; MOST] = [const { None }; MOST];

/// The tables for `half` complex values, kept or new. Up to `threads` threads make new ones.
///
/// # Errors
/// `OutOfMemory`.
pub fn tables<T: Real>(isa: Isa, half: usize, threads: usize) -> Result<Arc<Tables<T>>> {
    if let Some(tables) = find(isa, half) {
        return Ok(tables);
    }
    let tables = Arc::new(Tables::<T>::new(isa, half, threads)?);
    // Memory from the reserve must not outlive the call.
    if tables.bytes() <= MOST_BYTES && reserve::check().is_ok() {
        keep(Kept { isa, half, tables: tables.clone() });
    }
    Ok(tables)
}

fn find<T: Real>(isa: Isa, half: usize) -> Option<Arc<Tables<T>>> {
    let mut kept = KEPT.lock();
    let at = kept.iter().flatten().position(|kept| {
        kept.isa == isa && kept.half == half && (*kept.tables).is::<Tables<T>>()
    })?;
    kept[..=at].rotate_right(1);
    kept[0].as_ref()?.tables.clone().downcast().ok()
}

fn keep(new: Kept) {
    let mut kept = KEPT.lock();
    // The tables that were unused for longest come to the front and are replaced.
    kept.rotate_right(1);
    let dropped = kept[0].replace(new);
    // Memory is freed after the lock is released.
    drop(kept);
    drop(dropped);
}

/// Drops all kept tables.
pub fn clear_tables() {
    let dropped = std::mem::replace(&mut *KEPT.lock(), NONE);
    drop(dropped);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::isa;

    #[test]
    fn kept_tables_are_those_of_the_type_and_length() {
        // A test that holds this lock may clear all tables.
        let _runs_out = reserve::RUNS_OUT.lock();
        // Tests run in parallel and may push these tables out, but not every time.
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
        assert!(KEPT.lock().iter().all(Option::is_some));
    }
}
