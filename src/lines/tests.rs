//! Tests of which task a thread takes up, and of how a line ends. The tests of streams check what
//! tasks do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::queue::{Queue, Queued};
use super::serving::{PATIENCE, next_in_passing, next_of_worker, serve};
use super::table::{Lines, lock};
use super::*;
use crate::event::Event;

/// A line in a given state: whether it has a worker, whether it is busy, the numbers of its tasks.
type Found = (Id, bool, bool, &'static [u64]);
const WORKER: bool = true;
const BUSY: bool = true;

/// The line of the task that a thread of `own` takes up.
fn taken(found: &[Found], own: Option<Id>, stays: bool) -> Option<Id> {
    let mut lines = Lines::new();
    for &(id, has_worker, is_busy, tasks) in found {
        let line = lines.get_or_add(id, &Arc::default());
        (line.has_worker, line.is_busy) = (has_worker, is_busy);
        tasks.iter().for_each(|&number| line.push(Queued::new(Box::new(|| Ok(()))), number));
    }
    let (id, _task) = lines.take_up(own, stays)?;
    let line = lines.get(id)?;
    let mut left = 0;
    while line.tasks.pop().is_some() {
        left += 1;
    }
    assert!(line.is_busy && left + 1 == found.iter().find(|f| f.0 == id)?.3.len());
    Some(id)
}

#[test]
fn a_task_is_taken_up_where_nobody_is_doing_one_of_its_line() {
    for stays in [false, true] {
        assert_eq!(taken(&[(7, WORKER, !BUSY, &[3, 4])], Some(7), stays), Some(7));
        assert_eq!(taken(&[(7, WORKER, BUSY, &[3])], Some(7), stays), None);
        assert_eq!(taken(&[(7, WORKER, !BUSY, &[])], Some(7), stays), None);
        assert_eq!(taken(&[(7, WORKER, !BUSY, &[3])], Some(8), stays), None);
        assert_eq!(taken(&[(7, !WORKER, !BUSY, &[3])], Some(8), stays), Some(7));
        assert_eq!(taken(&[(7, !WORKER, !BUSY, &[3])], None, stays), Some(7));
        assert_eq!(taken(&[(7, !WORKER, BUSY, &[3])], None, stays), None);
    }
}

#[test]
fn of_several_lines_the_earliest_task_is_taken_up() {
    for stays in [false, true] {
        let lines =
            [(1, WORKER, !BUSY, &[5][..]), (2, !WORKER, !BUSY, &[4]), (3, WORKER, !BUSY, &[3])];
        assert_eq!(taken(&lines, Some(1), stays), Some(2));
        assert_eq!(taken(&lines, Some(3), stays), Some(3));
        let lines =
            [(1, WORKER, !BUSY, &[5][..]), (2, !WORKER, !BUSY, &[6]), (3, !WORKER, BUSY, &[4])];
        assert_eq!(taken(&lines, Some(1), stays), Some(1));
    }
}

/// Otherwise the later task might wait for the earlier one, to which only the worker comes back.
#[test]
fn a_worker_whose_line_somebody_else_is_at_does_no_later_task() {
    let lines = [(1, WORKER, BUSY, &[4][..]), (2, !WORKER, !BUSY, &[5])];
    assert_eq!(taken(&lines, Some(1), true), None);
    assert_eq!(taken(&lines, Some(1), false), Some(2));
    let lines = [(1, WORKER, BUSY, &[6][..]), (2, !WORKER, !BUSY, &[5])];
    assert_eq!(taken(&lines, Some(1), true), Some(2));
    let lines = [(1, WORKER, BUSY, &[][..]), (2, !WORKER, !BUSY, &[5])];
    assert_eq!(taken(&lines, Some(1), true), Some(2));
}

/// The id of a line that belongs to no stream.
fn new_id() -> Id {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1 << 40);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Queues a task that settles the event.
fn settle_on(id: Id, progress: &Arc<Progress>) -> Arc<Event> {
    let event = Arc::new(Event::pending());
    let of_task = event.clone();
    let settle = move || {
        of_task.settle(Ok(()));
        Ok(())
    };
    enqueue(id, progress, Box::new(settle)).unwrap();
    event
}

#[test]
fn a_line_is_there_while_something_waits_or_somebody_may_come() {
    let (id, progress) = (new_id(), Arc::default());
    let is_there = || lock().get(id).is_some();
    keep_worker_away(id, &progress);
    let (first, second) = (settle_on(id, &progress), settle_on(id, &progress));
    assert!(!is_idle(&progress));
    assert_eq!(wait(id, &first), Ok(()));
    assert_eq!((second.outcome(), progress.unfinished.load(Ordering::Relaxed)), (None, 1));
    close(id);
    assert_eq!(wait(id, &second), Ok(()));
    assert!(is_idle(&progress) && is_there());
    assert!(next_of_worker(id, &progress, None).is_none());
    assert!(!is_there());
}

#[test]
fn a_worker_does_not_end_while_somebody_else_is_at_its_line_and_more_waits() {
    let (id, progress) = (new_id(), Arc::default());
    keep_worker_away(id, &progress);
    let (first, second) = (settle_on(id, &progress), settle_on(id, &progress));
    let (_, task) = next_in_passing(Some((id, &first)), None).unwrap();
    close(id);
    let of_worker = Arc::clone(&progress);
    let worker = std::thread::spawn(move || serve(|done| next_of_worker(id, &of_worker, done)));
    // The worker has nothing to run, and waits only because its line is busy.
    std::thread::sleep(PATIENCE / 5);
    assert!(!worker.is_finished() && second.outcome().is_none());
    assert_eq!(task.into_task()(), Ok(()));
    assert!(next_in_passing(None, Some((id, Ok(())))).is_none());
    worker.join().unwrap();
    assert_eq!((first.outcome(), second.outcome()), (Some(Ok(())), Some(Ok(()))));
    assert!(is_idle(&progress) && lock().get(id).is_none());
}

/// Runs `act` on another thread while this thread waits like a line's worker. Returns whether this
/// thread is called.
fn is_called(id: Id, act: impl FnOnce() + Send + 'static) -> bool {
    let begun = Arc::new(AtomicBool::new(false));
    let begins = begun.clone();
    let other = std::thread::spawn(move || {
        while !begins.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        act();
    });
    let progress = lock().get(id).unwrap().progress.clone();
    // No other thread reaches the lines until the wait begins.
    let lines = lock();
    begun.store(true, Ordering::Relaxed);
    let (lines, is_over) = lines.wait_timeout(&progress.changed, 20 * PATIENCE);
    drop(lines);
    other.join().unwrap();
    !is_over
}

#[test]
fn a_worker_is_called_for_every_free_task() {
    let (id, progress) = (new_id(), Arc::default());
    keep_worker_away(id, &progress);
    let of_thread: Arc<Progress> = Arc::clone(&progress);
    assert!(is_called(id, move || drop(settle_on(id, &of_thread))));
    let last = settle_on(id, &progress);
    let (_, task) = next_in_passing(Some((id, &last)), None).unwrap();
    assert_eq!(task.into_task()(), Ok(()));
    let leave = move || assert!(next_in_passing(None, Some((id, Ok(())))).is_none());
    assert!(is_called(id, leave));
    assert_eq!(wait(id, &last), Ok(()));
    close(id);
    assert!(next_of_worker(id, &progress, None).is_none());
}

#[test]
fn tasks_come_out_of_a_queue_in_order_and_may_be_many() {
    let mut queue = Queue::default();
    let push = |queue: &mut Queue, number| {
        queue.push(Queued::new(Box::new(|| Ok(()))), number);
    };
    assert!(queue.is_empty() && queue.first().is_none() && queue.pop().is_none());
    for number in 0..3 {
        push(&mut queue, number);
    }
    assert!(queue.first() == Some(0) && queue.pop().is_some() && queue.first() == Some(1));
    push(&mut queue, 3);
    for number in 1..4 {
        assert_eq!((queue.first(), queue.is_empty()), (Some(number), false));
        assert!(queue.pop().is_some());
    }
    assert!(queue.is_empty());
    // With nested drops, so many would overflow the stack.
    (0..1_000_000).for_each(|number| push(&mut queue, number));
    assert_eq!(queue.first(), Some(0));
}

#[test]
fn the_table_has_room_for_many_lines() {
    let lines: Vec<(Id, Arc<Progress>)> = (0..500).map(|_| (new_id(), Arc::default())).collect();
    lines.iter().rev().for_each(|(id, progress)| keep_worker_away(*id, progress));
    let events: Vec<_> = lines.iter().map(|(id, progress)| settle_on(*id, progress)).collect();
    for ((id, progress), event) in lines.iter().zip(&events).rev() {
        assert_eq!((wait(*id, event), is_idle(progress)), (Ok(()), true));
        close(*id);
        assert!(next_of_worker(*id, progress, None).is_none());
    }
    assert!(lines.iter().all(|(id, _)| lock().get(*id).is_none()));
}
