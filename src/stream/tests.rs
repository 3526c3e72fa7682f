//! Order, failures and panics of streams, whatever the tasks compute.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use super::*;
use crate::array::{Array, Output};
use crate::error::{Error, Result, Status};

/// Work that is worth a worker.
const LONG: f64 = f64::INFINITY;

fn fill(
    stream: &Stream,
    nanoseconds: f64,
    work: impl Fn(&mut [u8]) -> Result<()> + Send + 'static,
) -> Array {
    stream.fill(Output::one_byte(), nanoseconds, work).unwrap()
}

fn stream() -> Stream {
    Stream::new(Device::CPU).unwrap()
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
fn tasks_are_done_in_order_on_another_thread_and_waited_for() {
    let (stream, seen) = (stream(), Arc::new(Mutex::new(Vec::new())));
    let arrays: Vec<_> = (0..50)
        .map(|i| {
            let seen = seen.clone();
            fill(&stream, LONG, move |out| {
                seen.lock().unwrap().push((i, std::thread::current().id()));
                out[0] = i;
                Ok(())
            })
        })
        .collect();
    stream.synchronize().unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.iter().map(|(i, _)| *i).eq(0..50));
    assert!(seen.iter().all(|(_, thread)| *thread != std::thread::current().id()));
    for (i, array) in arrays.iter().enumerate() {
        assert_eq!(array.outcome(), Some(Ok(())));
        assert_eq!(array.operand("a").unwrap().bytes[0], i as u8);
    }
}

#[test]
fn short_work_is_done_at_once_unless_something_waits_before_it() {
    let (stream, caller) = (stream(), std::thread::current().id());
    let on = |stream: &Stream, nanoseconds| {
        let (tell, told) = mpsc::channel();
        let array = fill(stream, nanoseconds, move |_| {
            tell.send(std::thread::current().id()).unwrap();
            Ok(())
        });
        (array, told)
    };
    let (array, told) = on(&stream, 10.0);
    assert_eq!(array.outcome(), Some(Ok(())));
    assert_eq!(told.recv().unwrap(), caller);

    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let first = fill(&stream, LONG, move |_| {
        released.lock().unwrap().recv().unwrap();
        Ok(())
    });
    let (second, told) = on(&stream, 10.0);
    assert_eq!((first.outcome(), second.outcome()), (None, None));
    release.send(()).unwrap();
    second.wait().unwrap();
    assert_eq!(first.outcome(), Some(Ok(())));
    assert_ne!(told.recv().unwrap(), caller);
}

#[test]
fn failures_are_the_arrays_and_told_once_by_the_stream() {
    let stream = stream();
    let bad = fill(&stream, LONG, |_| Err(Error::out_of_memory("a test", 5)));
    let (of_bad, of_that) = (bad.clone(), fill(&stream, LONG, |_| Ok(())));
    // A reader inherits the failure, under its own name for the input.
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

#[test]
fn a_panic_is_a_failure_and_the_stream_goes_on() {
    let stream = stream();
    let bad = fill(&stream, LONG, |_| panic!("in a task"));
    let good = fill(&stream, LONG, |_| Ok(()));
    assert_eq!(good.wait(), Ok(()));
    let error = bad.wait().unwrap_err();
    assert_eq!(error.status, Status::Internal);
    assert!(error.to_string().contains("in a task"));
    assert_eq!(stream.synchronize().unwrap_err().status, Status::Internal);
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
    let (stream, (give, given), (tell, told)) = (stream(), mpsc::channel(), mpsc::channel());
    let last = Last(Mutex::new(Some(given)), tell);
    let array = fill(&stream, LONG, move |_| {
        let _owned = &last;
        Ok(())
    });
    give.send(array).unwrap();
    assert_eq!(told.recv().unwrap(), Some(Ok(())));
}

#[test]
fn dropped_promises_are_broken() {
    let (array, pending) = Output::one_byte().promise();
    drop(pending);
    assert_eq!(array.wait().unwrap_err().status, Status::DeviceLost);
}
