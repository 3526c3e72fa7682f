//! Pages kept for reuse: taking them from the system and faulting them in costs as much as
//! convolving a short filter over them does.

use super::pages::Pages;
use crate::process::Lock;

/// What the cache keeps at most, until told otherwise.
const DEFAULT_LIMIT: usize = 128 << 20;

/// Pages that may be larger than asked for by at most this fraction, 1 / 4.
const WASTE: usize = 4;

/// More than this are not kept: they are searched one by one.
const MOST: usize = 64;

struct Cache {
    /// The oldest first, then free places. There is one for pages that come before others go.
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

    /// Adds the newest, if it is within the limit and there is room.
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

    /// The oldest, if what is kept exceeds `limit` bytes or `most` pieces.
    fn surplus(&mut self, limit: usize, most: usize) -> Option<Pages> {
        let is_above = self.bytes > limit || self.kept.get(most).is_some_and(Option::is_some);
        is_above.then(|| self.remove(0)).flatten()
    }
}

/// The smallest kept pages of at least `size` bytes, if they are not much larger. What they hold is
/// unspecified.
pub(super) fn take(size: usize) -> Option<Pages> {
    let mut cache = CACHE.lock();
    let fits = size..=size.saturating_add(size / WASTE);
    let kept = cache.kept.iter().enumerate().rev();
    let candidates = kept.filter_map(|(index, pages)| Some((index, pages.as_ref()?.size)));
    let (index, _) =
        candidates.filter(|(_, size)| fits.contains(size)).min_by_key(|&(_, size)| size)?;
    cache.remove(index)
}

/// Keeps `pages`, or gives them back, or older ones, where that is too much.
pub(super) fn keep(pages: Pages) {
    let added = CACHE.lock().add(pages);
    match added {
        Ok(()) => trim(None, MOST),
        Err(pages) => pages.unmap(),
    }
}

/// Gives back the oldest pages until what is kept is within `limit`, or the set one, and `most`.
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

/// Bytes in the cache.
pub fn cached() -> usize {
    CACHE.lock().bytes
}

/// Sets how many bytes the cache may keep, gives back what is above, and returns the limit that
/// held before.
pub fn set_cache_limit(limit: usize) -> usize {
    let before = std::mem::replace(&mut CACHE.lock().limit, limit);
    trim(None, MOST);
    before
}

/// Empties the cache.
pub fn clear_cache() {
    trim(Some(0), 0);
}
