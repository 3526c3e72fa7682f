//! Which task a thread takes up, and what becomes of a line. How tasks go is tested with streams.

use super::table::Lines;
use super::*;

/// A line as it may be found: its worker, somebody at it, the numbers of its tasks.
type Found = (Id, bool, bool, &'static [u64]);
const WORKER: bool = true;
const BUSY: bool = true;

/// The line of the task that a thread of `own` takes up.
fn taken(found: &[Found], own: Option<Id>, stays: bool) -> Option<Id> {
    let mut lines = Lines::new();
    for &(id, has_worker, is_busy, tasks) in found {
        let line = lines.lines.entry(id).or_insert_with(|| Line::new(&Unfinished::default()));
        (line.has_worker, line.is_busy) = (has_worker, is_busy);
        tasks.iter().for_each(|&number| line.push(number, Box::new(|| Ok(()))));
    }
    let (id, _task) = lines.take_up(own, stays)?;
    let line = &lines.lines[&id];
    assert!(line.is_busy && line.tasks.len() + 1 == found.iter().find(|f| f.0 == id)?.3.len());
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

/// Else the later task might wait for the one that only the worker will come back to.
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

/// Of no stream.
fn new_id() -> Id {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1 << 40);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Queues something that settles the event.
fn settle_on(id: Id, unfinished: &Unfinished) -> Arc<Event> {
    let event = Arc::new(Event::pending());
    let of_task = event.clone();
    let settle = move || {
        of_task.settle(Ok(()));
        Ok(())
    };
    enqueue(id, unfinished, Box::new(settle)).unwrap();
    event
}

#[test]
fn a_line_is_there_while_something_waits_or_somebody_may_come() {
    let (id, unfinished) = (new_id(), Unfinished::default());
    let is_there = || lock().lines.contains_key(&id);
    keep_worker_away(id, &unfinished);
    let (first, second) = (settle_on(id, &unfinished), settle_on(id, &unfinished));
    assert!(!is_idle(&unfinished));
    assert_eq!(wait(id, &first), Ok(()));
    assert_eq!((second.outcome(), unfinished.load(Ordering::Relaxed)), (None, 1));
    close(id);
    assert_eq!(wait(id, &second), Ok(()));
    assert!(is_idle(&unfinished) && is_there());
    assert!(next_of_worker(id, None).is_none());
    assert!(!is_there());
}

#[test]
fn a_worker_does_not_end_while_somebody_else_is_at_its_line_and_more_waits() {
    let (id, unfinished) = (new_id(), Unfinished::default());
    keep_worker_away(id, &unfinished);
    let (first, second) = (settle_on(id, &unfinished), settle_on(id, &unfinished));
    let (_, task) = next_in_passing(Some((id, &first)), None).unwrap();
    close(id);
    let worker = std::thread::spawn(move || serve(|done| next_of_worker(id, done)));
    // The worker has nothing to do, and no reason to wait but that.
    std::thread::sleep(PATIENCE / 5);
    assert!(!worker.is_finished() && second.outcome().is_none());
    assert_eq!(task(), Ok(()));
    assert!(next_in_passing(None, Some((id, Ok(())))).is_none());
    worker.join().unwrap();
    assert_eq!((first.outcome(), second.outcome()), (Some(Ok(())), Some(Ok(()))));
    assert!(is_idle(&unfinished) && !lock().lines.contains_key(&id));
}

/// Does `act` on another thread while this one is as a line's worker is that waits. Returns whether it is called.
fn is_called(id: Id, act: impl FnOnce() + Send + 'static) -> bool {
    // Until the wait begins, nobody else gets at the lines.
    let guard = lock();
    let changed = guard.lines[&id].changed.clone();
    let other = std::thread::spawn(act);
    let (guard, timeout) = changed.wait_timeout(guard, 20 * PATIENCE).unwrap();
    drop(guard);
    other.join().unwrap();
    !timeout.timed_out()
}

#[test]
fn a_worker_is_called_for_every_free_task() {
    let (id, unfinished) = (new_id(), Unfinished::default());
    keep_worker_away(id, &unfinished);
    let of_thread = unfinished.clone();
    assert!(is_called(id, move || drop(settle_on(id, &of_thread))));
    let last = settle_on(id, &unfinished);
    let (_, task) = next_in_passing(Some((id, &last)), None).unwrap();
    assert_eq!(task(), Ok(()));
    let leave = move || assert!(next_in_passing(None, Some((id, Ok(())))).is_none());
    assert!(is_called(id, leave));
    assert_eq!(wait(id, &last), Ok(()));
    close(id);
    assert!(next_of_worker(id, None).is_none());
}
