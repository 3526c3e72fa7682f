//! Streams: lines of work on a device.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use super::Device;
use crate::error::Result;

/// A line of work on a device. Clones are the same line.
#[derive(Clone, Debug)]
pub struct Stream(Arc<Line>);

#[derive(Debug)]
struct Line {
    device: Device,
    index: i32,
}

thread_local! {
    /// This thread's default stream on each device that it has asked for one.
    static DEFAULTS: RefCell<Vec<Stream>> = const { RefCell::new(Vec::new()) };
}

impl Stream {
    /// A new line on `device`, with an index of its own.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn new(device: Device) -> Result<Self> {
        static NEXT: AtomicI32 = AtomicI32::new(0);
        let device = device.require()?;
        Ok(Self(Arc::new(Line { device, index: NEXT.fetch_add(1, Ordering::Relaxed) })))
    }

    /// The calling thread's default stream on `device`, made when first asked for.
    ///
    /// # Errors
    /// `DeviceUnavailable`.
    pub fn default_on(device: Device) -> Result<Self> {
        let known = DEFAULTS.try_with(|defaults| {
            defaults.borrow().iter().find(|stream| stream.device() == device).cloned()
        });
        match known {
            Ok(Some(stream)) => Ok(stream),
            Ok(None) => {
                let stream = Self::new(device)?;
                stream.clone().make_default()?;
                Ok(stream)
            }
            // The thread is ending and its defaults are gone: a stream of the same device serves.
            Err(_) => Self::new(device),
        }
    }

    /// Makes this the calling thread's default on its device.
    ///
    /// # Errors
    /// None so far.
    pub fn make_default(self) -> Result<()> {
        // A thread that is ending has no use for a default any more.
        let _ = DEFAULTS.try_with(|defaults| {
            let mut defaults = defaults.borrow_mut();
            defaults.retain(|stream| stream.device() != self.device());
            defaults.push(self);
        });
        Ok(())
    }

    /// Its device.
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// A number that no other stream has.
    pub fn index(&self) -> i32 {
        self.0.index
    }

    /// Does `work` after everything given to this stream before, and returns what it made.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        work()
    }

    /// Waits for everything given to this stream so far.
    ///
    /// # Errors
    /// The first failure since the last call; there is none to find while `run` reports its own.
    pub fn synchronize(&self) -> Result<()> {
        Ok(())
    }
}

impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({}, {})", self.device(), self.index())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    #[test]
    fn defaults_are_per_thread_and_stay() {
        let mine = Stream::default_on(Device::CPU).unwrap();
        assert_eq!(mine, Stream::default_on(Device::CPU).unwrap());
        let other = std::thread::spawn(|| Stream::default_on(Device::CPU).unwrap()).join().unwrap();
        assert_ne!(mine, other);
        assert_ne!(mine.index(), other.index());
        other.clone().make_default().unwrap();
        assert_eq!(other, Stream::default_on(Device::CPU).unwrap());
        assert_eq!(other.to_string(), format!("Stream(Device(cpu, 0), {})", other.index()));
    }

    #[test]
    fn absent_devices_are_unavailable() {
        assert_eq!(Stream::new(Device::GPU).unwrap_err().status, Status::DeviceUnavailable);
        let second = Device { index: 1, ..Device::CPU };
        assert_eq!(Stream::default_on(second).unwrap_err().status, Status::DeviceUnavailable);
    }
}
