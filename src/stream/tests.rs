//! Order, failures and panics of streams, whatever the tasks compute, and the threads that run the
//! tasks.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::array::{Array, Output};
use crate::error::{Error, Result, Status};

/// An estimate so long that a worker runs the work.
const LONG: f64 = f64::INFINITY;

fn fill(
    stream: &Stream,
    nanoseconds: f64,
    work: impl Fn(&mut [u8]) -> Result<()> + Send + 'static,
) -> Array {
    stream.fill(Output::one_byte(), nanoseconds, move |room| work(room.bytes_mut()?)).unwrap()
}

fn stream() -> Stream {
    Stream::new(Device::CPU).unwrap()
}

/// A stream whose worker never comes: waiting threads run the work.
fn stream_without_worker() -> Stream {
    let stream = stream();
    stream.keep_worker_away();
    stream
}

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

#[test]
fn tasks_are_done_in_order_and_waited_for() {
    for stream in [stream(), stream_without_worker()] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let arrays: Vec<_> = (0..50)
            .map(|i| {
                let seen = seen.clone();
                fill(&stream, LONG, move |out| {
                    seen.lock().unwrap().push(i);
                    out[0] = i;
                    Ok(())
                })
            })
            .collect();
        stream.synchronize().unwrap();
        assert!(seen.lock().unwrap().iter().copied().eq(0..50));
        for (i, array) in arrays.iter().enumerate() {
            assert_eq!(array.outcome(), Some(Ok(())));
            assert_eq!(array.operand("a").unwrap().bytes[0], i as u8);
        }
    }
}

/// An array, and a channel that tells which thread filled it in.
fn told_by(stream: &Stream, nanoseconds: f64) -> (Array, mpsc::Receiver<thread::ThreadId>) {
    let (tell, told) = mpsc::channel();
    let array = fill(stream, nanoseconds, move |_| {
        tell.send(thread::current().id()).unwrap();
        Ok(())
    });
    (array, told)
}

#[test]
fn tasks_are_done_on_another_thread_where_nobody_waits() {
    let stream = stream();
    for _ in 0..3 {
        let (_array, told) = told_by(&stream, LONG);
        assert_ne!(told.recv().unwrap(), thread::current().id());
    }
}

#[test]
fn whoever_waits_does_what_no_worker_has_taken_up() {
    let (stream, me) = (stream_without_worker(), thread::current().id());
    let work: Vec<_> = (0..4).map(|_| told_by(&stream, LONG)).collect();
    work[1].0.wait().unwrap();
    assert_eq!([&work[0], &work[1]].map(|(_, told)| told.try_recv()), [Ok(me), Ok(me)]);
    assert_eq!([&work[2], &work[3]].map(|(array, _)| array.outcome()), [None, None]);
    let there = thread::scope(|scope| {
        let array = work[2].0.clone();
        let waiter = scope.spawn(move || (array.wait(), thread::current().id()));
        waiter.join().unwrap()
    });
    assert_eq!((there.0, work[2].1.try_recv()), (Ok(()), Ok(there.1)));
    assert_eq!(work[3].0.outcome(), None);
    stream.synchronize().unwrap();
    assert_eq!(work[3].1.try_recv(), Ok(me));
}

/// Tasks queued behind are not forgotten, whether the worker or the waiting thread comes first.
#[test]
fn the_worker_goes_on_where_a_waiter_stops() {
    let (stream, me) = (stream(), thread::current().id());
    for _ in 0..200 {
        let first = fill(&stream, LONG, |_| Ok(()));
        let second = fill(&stream, LONG, |_| Ok(()));
        let (_third, told) = told_by(&stream, LONG);
        first.wait().unwrap();
        second.wait().unwrap();
        assert_ne!(told.recv().unwrap(), me);
    }
}

/// A task that waits for a task of another stream just waits: a thread runs one task at a time.
#[test]
fn a_task_that_waits_leaves_other_lines_alone() {
    let (one, other) = (stream_without_worker(), stream_without_worker());
    let (needed, done_by) = told_by(&other, LONG);
    let (begun, begins) = mpsc::channel();
    let reader = {
        let needed = needed.clone();
        fill(&one, LONG, move |_| {
            begun.send(()).unwrap();
            needed.wait()
        })
    };
    thread::scope(|scope| {
        let waiter = scope.spawn(|| reader.wait());
        begins.recv().unwrap();
        thread::sleep(std::time::Duration::from_millis(20));
        assert_eq!((needed.outcome(), reader.outcome()), (None, None));
        assert_eq!(needed.wait(), Ok(()));
        assert_eq!(done_by.recv().unwrap(), thread::current().id());
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_waiter_in_a_task_waits_for_another_streams_worker() {
    let (one, other) = (stream_without_worker(), stream());
    let (go, may_go) = mpsc::channel();
    let may_go = Mutex::new(may_go);
    let needed = fill(&other, LONG, move |_| {
        may_go.lock().unwrap().recv().unwrap();
        Err(Error::invalid("a test"))
    });
    let reader = fill(&one, LONG, move |_| {
        go.send(()).unwrap();
        needed.wait().map_err(|error| error.inherited("v"))
    });
    let message = reader.wait().unwrap_err().to_string();
    assert_eq!(message, "v: computing it failed: a test");
    assert_eq!(one.synchronize().unwrap_err().to_string(), message);
    assert_eq!(other.synchronize().unwrap_err().to_string(), "a test");
}

/// Every thread queues work on every stream, reads results of other threads, and waits for some of
/// them in any order.
#[test]
fn many_threads_wait_for_many_streams() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 400;
    /// A stream; its newest array and the number of queued tasks; the numbers of the tasks that ran.
    type Shared = (Stream, Mutex<(Array, u32)>, Arc<Mutex<Vec<u32>>>);
    let first = || fill(&stream(), 0.0, |_| Ok(()));
    let shared: [Shared; 3] =
        std::array::from_fn(|_| (stream(), Mutex::new((first(), 0)), Arc::default()));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let shared = &shared;
            scope.spawn(move || {
                let mut mine = Vec::new();
                for round in 0..ROUNDS {
                    let (stream, newest, done) = &shared[(thread + round) % 3];
                    let read = shared[(thread * round) % 3].1.lock().unwrap().0.clone();
                    let mut newest = newest.lock().unwrap();
                    let (done, number) = (done.clone(), newest.1);
                    let array = fill(stream, LONG, move |out| {
                        read.wait()?;
                        done.lock().unwrap().push(number);
                        out[0] = number as u8;
                        Ok(())
                    });
                    *newest = (array.clone(), number + 1);
                    drop(newest);
                    mine.push((array, number));
                    if round % 3 == 0 {
                        let (array, number) = mine.swap_remove((round * 7 + thread) % mine.len());
                        assert_eq!(array.operand("a").unwrap().bytes[0], number as u8);
                    }
                    if round % 50 == thread {
                        stream.synchronize().unwrap();
                    }
                }
                mine.into_iter().for_each(|(array, _)| array.wait().unwrap());
            });
        }
    });
    let mut total = 0;
    for (stream, newest, done) in &shared {
        stream.synchronize().unwrap();
        let given = newest.lock().unwrap().1;
        assert!(done.lock().unwrap().iter().copied().eq(0..given));
        total += given as usize;
    }
    assert_eq!(total, THREADS * ROUNDS);
}

#[test]
fn short_work_is_done_at_once_unless_something_waits_before_it() {
    let (stream, caller) = (stream(), thread::current().id());
    let (array, told) = told_by(&stream, 10.0);
    assert_eq!(array.outcome(), Some(Ok(())));
    assert_eq!(told.try_recv().unwrap(), caller);

    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let first = fill(&stream, LONG, move |_| {
        released.lock().unwrap().recv().unwrap();
        Ok(())
    });
    let (second, told) = told_by(&stream, 10.0);
    assert_eq!((first.outcome(), second.outcome()), (None, None));
    release.send(()).unwrap();
    // No thread waits for it yet.
    assert_ne!(told.recv().unwrap(), caller);
    second.wait().unwrap();
    assert_eq!(first.outcome(), Some(Ok(())));
}

#[test]
fn failures_are_the_arrays_and_told_once_by_the_stream() {
    for stream in [stream(), stream_without_worker()] {
        let bad = fill(&stream, LONG, |_| Err(Error::out_of_memory("a test", 5)));
        let (of_bad, of_that) = (bad.clone(), fill(&stream, LONG, |_| Ok(())));
        // A reader inherits the failure, with its own name for the input.
        let reader = fill(&stream, LONG, move |_| of_bad.wait().map_err(|e| e.inherited("v")));
        let second = reader.clone();
        let last = fill(&stream, LONG, move |_| second.wait().map_err(|e| e.inherited("a")));
        let first = Error::out_of_memory("a test", 5);
        assert_eq!(bad.wait(), Err(first.clone()));
        assert_eq!(of_that.wait(), Ok(()));
        assert_eq!(reader.wait().unwrap_err().status, Status::OutOfMemory);
        let message = last.wait().unwrap_err().to_string();
        assert_eq!(message, format!("a: computing it failed: {first}"));
        assert_eq!(stream.synchronize(), Err(first));
        assert_eq!(stream.synchronize(), Ok(()));
    }
}

#[test]
fn a_panic_is_a_failure_and_the_stream_goes_on() {
    for stream in [stream(), stream_without_worker()] {
        let bad = fill(&stream, LONG, |_| panic!("in a task"));
        let good = fill(&stream, LONG, |_| Ok(()));
        assert_eq!(good.wait(), Ok(()));
        let error = bad.wait().unwrap_err();
        assert_eq!(error.status, Status::Internal);
        assert!(error.to_string().contains("in a task"));
        assert_eq!(stream.synchronize().unwrap_err().status, Status::Internal);
    }
}

#[test]
fn a_freed_stream_is_served_to_the_end() {
    let arrays: Vec<_> = {
        let stream = stream();
        (0..20).map(|_| fill(&stream, LONG, |_| Ok(()))).collect()
    };
    arrays.iter().for_each(|array| array.wait().unwrap());
}

#[test]
fn what_a_task_owns_goes_after_its_array_is_there() {
    struct Last(Mutex<Option<mpsc::Receiver<Array>>>, mpsc::Sender<Option<Result<()>>>);
    impl Drop for Last {
        fn drop(&mut self) {
            let array = self.0.get_mut().unwrap().take().unwrap().recv().unwrap();
            self.1.send(array.outcome()).unwrap();
        }
    }
    for stream in [stream(), stream_without_worker()] {
        let ((give, given), (tell, told)) = (mpsc::channel(), mpsc::channel());
        let last = Last(Mutex::new(Some(given)), tell);
        let array = fill(&stream, LONG, move |_| {
            let _owned = &last;
            Ok(())
        });
        give.send(array.clone()).unwrap();
        array.wait().unwrap();
        assert_eq!(told.recv().unwrap(), Some(Ok(())));
    }
}

#[test]
fn dropped_promises_are_broken() {
    let (array, pending) = Output::one_byte().promise(u64::MAX);
    drop(pending);
    assert_eq!(array.wait().unwrap_err().status, Status::DeviceLost);
}
