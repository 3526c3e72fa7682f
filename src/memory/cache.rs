//! Pages kept for reuse. Taking pages from the system and faulting them in takes as long as a
//! convolution of that many values with a short filter.

use super::pages::Pages;
use crate::process::Lock;

/// The initial limit of the cache, in bytes.
const DEFAULT_LIMIT: usize = 128 << 20;

/// Reused pages may be larger than requested by at most this fraction, 1 / 4.
const WASTE: usize = 4;

/// The largest number of pieces kept: they are searched one by one.
const MOST: usize = 64;

struct Cache {
    /// The oldest first, then free places. One place is extra, for new pages that arrive before old
    /// ones leave.
    kept: [Option<Pages>; MOST + 1],
    bytes: usize,
    limit: usize,
}

static CACHE: Lock<Cache> =
    Lock::new(Cache { kept: [const { None }; MOST + 1], bytes: 0, limit: DEFAULT_LIMIT });

impl Cache {
    fn remove(&mut self, index: usize) -> Option<Pages> {
        let pages = self.kept[index].take()?;
        self.kept[index..].rotate_left(1);
        self.bytes -= pages.size;
        Some(pages)
    }

    /// Adds the newest pages, if they are within the limit and there is a free place.
    fn add(&mut self, pages: Pages) -> Result<(), Pages> {
        let free = self.kept.iter_mut().find(|place| place.is_none());
        match free {
            Some(place) if pages.size <= self.limit => {
                self.bytes += pages.size;
                *place = Some(pages);
                Ok(())
            }
            _ => Err(pages),
        }
    }

    /// The oldest pages, if the cache exceeds `limit` bytes or `most` pieces.
    fn surplus(&mut self, limit: usize, most: usize) -> Option<Pages> {
        let is_above = self.bytes > limit || self.kept.get(most).is_some_and(Option::is_some);
        is_above.then(|| self.remove(0)).flatten()
    }
}

/// The smallest kept pages of at least `size` bytes, unless they are much larger. Their contents
/// are unspecified.
pub(super) fn take(size: usize) -> Option<Pages> {
    let mut cache = CACHE.lock();
    let fits = size..=size.saturating_add(size / WASTE);
    let kept = cache.kept.iter().enumerate().rev();
    let candidates = kept.filter_map(|(index, pages)| Some((index, pages.as_ref()?.size)));
    let (index, _) =
        candidates.filter(|(_, size)| fits.contains(size)).min_by_key(|&(_, size)| size)?;
    cache.remove(index)
}

/// Keeps `pages`. Gives these pages or older ones back if the cache would exceed its limits.
pub(super) fn keep(pages: Pages) {
    let added = CACHE.lock().add(pages);
    match added {
        Ok(()) => trim(None, MOST),
        Err(pages) => pages.unmap(),
    }
}

/// Gives back the oldest pages until the cache is within `limit` bytes (`None`: the limit that was
/// set) and within `most` pieces.
fn trim(limit: Option<usize>, most: usize) {
    loop {
        // The system call runs without the lock.
        let surplus = {
            let mut cache = CACHE.lock();
            let limit = limit.unwrap_or(cache.limit);
            cache.surplus(limit, most)
        };
        match surplus {
            Some(pages) => pages.unmap(),
            None => return,
        }
    }
}

/// The number of bytes in the cache.
pub fn cached() -> usize {
    CACHE.lock().bytes
}

/// How many bytes the limit leaves for memory that others keep.
pub fn cache_room() -> usize {
    let cache = CACHE.lock();
    cache.limit.saturating_sub(cache.bytes)
}

/// Sets how many bytes the cache may keep, gives the surplus back, and returns the previous limit.
pub fn set_cache_limit(limit: usize) -> usize {
    let before = std::mem::replace(&mut CACHE.lock().limit, limit);
    trim(None, MOST);
    before
}

/// Empties the cache.
pub fn clear_cache() {
    trim(Some(0), 0);
}
