//! Threads that meet at events.

use super::*;

/// Every order in which threads may meet: `RUSTFLAGS="--cfg loom" cargo test --lib event`.
#[cfg(loom)]
mod models {
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use loom::thread;

    use super::*;
    use crate::error::{Error, Result};

    /// A thread that waited sees everything that was written before the event was settled, and no
    /// thread waits for ever.
    fn settle_beside_waiters(waiters: usize, outcome: Result<()>) {
        loom::model(move || {
            let shared = Arc::new((Event::pending(), AtomicU32::new(0)));
            let threads: Vec<_> = (0..waiters)
                .map(|_| {
                    let (shared, outcome) = (shared.clone(), outcome.clone());
                    thread::spawn(move || {
                        assert_eq!(shared.0.wait(), outcome);
                        assert_eq!(shared.1.load(Relaxed), 7);
                    })
                })
                .collect();
            shared.1.store(7, Relaxed);
            shared.0.settle(outcome.clone());
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }

    #[test]
    fn one_waiter() {
        settle_beside_waiters(1, Ok(()));
        settle_beside_waiters(1, Err(Error::invalid("a")));
    }

    #[test]
    fn two_waiters() {
        settle_beside_waiters(2, Ok(()));
    }

    /// Events share lots: a wake-up for one event must not be lost on a thread that waits for another.
    #[test]
    fn two_events_in_one_lot() {
        loom::model(|| {
            let events = Arc::new([Event::pending(), Event::pending()]);
            let waiter = {
                let events = events.clone();
                thread::spawn(move || events[0].wait().and(events[1].wait()))
            };
            let settler = {
                let events = events.clone();
                thread::spawn(move || events[1].settle(Ok(())))
            };
            events[0].settle(Ok(()));
            settler.join().unwrap();
            assert_eq!(waiter.join().unwrap(), Ok(()));
        });
    }

    /// A thread that finds the event ready without waiting also sees the values.
    #[test]
    fn outcome_without_waiting() {
        loom::model(|| {
            let shared = Arc::new((Event::pending(), AtomicU32::new(0)));
            let other = shared.clone();
            let settler = thread::spawn(move || {
                other.1.store(7, Relaxed);
                other.0.settle(Ok(()));
            });
            if shared.0.outcome().is_some() {
                assert_eq!(shared.1.load(Relaxed), 7);
            }
            settler.join().unwrap();
        });
    }
}

#[cfg(not(loom))]
mod real {
    use super::*;
    use crate::error::Error;

    #[test]
    fn settled_once_and_for_all() {
        let event = Event::pending();
        assert_eq!(event.outcome(), None);
        event.settle(Err(Error::invalid("first")));
        event.settle(Ok(()));
        assert_eq!(event.wait(), Err(Error::invalid("first")));
        assert_eq!(Event::ready().wait(), Ok(()));
    }

    #[test]
    fn many_threads_wait_for_many_events() {
        let events: Vec<_> = (0..100).map(|_| Event::pending()).collect();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| events.iter().for_each(|event| event.wait().unwrap()));
            }
            events.iter().rev().for_each(|event| event.settle(Ok(())));
        });
    }
}
