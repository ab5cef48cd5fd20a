//! A deterministic executor: runs tasks one step at a time, in an order drawn by a seed, in
//! simulated time.
//!
//! Time stands still while any task can run and then jumps to the next timer, so that a minute
//! takes milliseconds. Tasks belong to processes, which can be killed between any two steps, or
//! paused, as the system's scheduler and `kill` do with real ones.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The process that a task belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process(pub u32);

/// A handle to an executor; clones share it.
#[derive(Clone)]
pub struct Executor(Arc<Mutex<State>>);

struct State {
    random: ChaCha8Rng,
    now: Duration,
    tasks: Vec<Task>,
    /// The free places of finished or killed tasks.
    vacant: Vec<usize>,
    ready: Ready,
    timers: BinaryHeap<Reverse<(Duration, u64)>>,
    /// The wakers of sleeping tasks, by the number in `timers`.
    sleepers: std::collections::BTreeMap<u64, Waker>,
    sleeps: u64,
    paused: BTreeSet<Process>,
    /// The processes whose first task stands still while their others run.
    hanging: BTreeSet<Process>,
}

struct Task {
    process: Process,
    is_first: bool,
    work: Option<Work>,
    flag: Arc<Flag>,
}

type Ready = Arc<Mutex<Vec<usize>>>;

/// A waker that queues its task as ready, once.
struct Flag {
    task: usize,
    is_ready: AtomicBool,
    ready: Ready,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        if !self.is_ready.swap(true, Ordering::Relaxed) {
            self.ready.lock().expect("nothing panics with it").push(self.task);
        }
    }
}

impl Executor {
    /// Creates an executor that draws the order of steps by this seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            random: ChaCha8Rng::seed_from_u64(seed),
            now: Duration::ZERO,
            tasks: Vec::new(),
            vacant: Vec::new(),
            ready: Ready::default(),
            timers: BinaryHeap::new(),
            sleepers: std::collections::BTreeMap::new(),
            sleeps: 0,
            paused: BTreeSet::new(),
            hanging: BTreeSet::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no task runs while the state is locked")
    }

    /// The simulated time since the start.
    pub fn now(&self) -> Duration {
        self.state().now
    }

    /// Draws a number below `end`.
    pub fn draw(&self, end: u64) -> u64 {
        self.state().random.random_range(0..end)
    }

    /// Returns true once in `n` calls on average; never for zero.
    pub fn once_in(&self, n: u64) -> bool {
        n > 0 && self.draw(n) == 0
    }

    /// Starts a process with its first task, the one that may hang.
    pub fn begin(&self, process: Process, work: impl Future<Output = ()> + Send + 'static) {
        self.add(process, true, Box::pin(work));
    }

    /// Starts a task.
    pub fn spawn(&self, process: Process, work: impl Future<Output = ()> + Send + 'static) {
        self.add(process, false, Box::pin(work));
    }

    fn add(&self, process: Process, is_first: bool, work: Work) {
        let mut state = self.state();
        let place = state.vacant.pop().unwrap_or(state.tasks.len());
        let ready = Arc::clone(&state.ready);
        let flag = Arc::new(Flag { task: place, is_ready: AtomicBool::new(false), ready });
        let task = Task { process, is_first, work: Some(work), flag: Arc::clone(&flag) };
        if place == state.tasks.len() {
            state.tasks.push(task);
        } else {
            state.tasks[place] = task;
        }
        drop(state);
        flag.wake();
    }

    /// Returns a future that completes after this duration.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        let deadline = self.now().saturating_add(duration);
        Sleep { executor: self.clone(), deadline, timer: None }
    }

    /// Ends a process between two of its steps.
    pub fn kill(&self, process: Process) {
        let mut state = self.state();
        state.paused.remove(&process);
        state.hanging.remove(&process);
        let works: Vec<Work> = state
            .tasks
            .iter_mut()
            .filter(|task| task.process == process)
            .filter_map(|task| task.work.take())
            .collect();
        drop(state);
        // Dropping a task may wake others, which takes the lock.
        drop(works);
    }

    /// Pauses a process.
    pub fn pause(&self, process: Process) {
        self.state().paused.insert(process);
    }

    /// Resumes a paused process.
    pub fn resume(&self, process: Process) {
        self.state().paused.remove(&process);
    }

    /// Pauses the first task of a process.
    pub fn hang(&self, process: Process) {
        self.state().hanging.insert(process);
    }

    /// Resumes the first task of a process.
    pub fn unhang(&self, process: Process) {
        self.state().hanging.remove(&process);
    }

    /// Runs until `is_over`, or until no task and no timer is left to run.
    pub fn run(&self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) && (self.step() || self.advance()) {}
    }

    /// Ends all processes. Tasks hold the executor that holds them: without this, all that is left
    /// of a run stays in memory.
    pub fn end(&self) {
        let works: Vec<Work> =
            self.state().tasks.iter_mut().filter_map(|task| task.work.take()).collect();
        // Dropping a task may wake others, which takes the lock.
        drop(works);
    }

    /// Runs one step of a ready task; returns false if there is none.
    fn step(&self) -> bool {
        let mut state = self.state();
        let Some(place) = state.draw_ready() else { return false };
        let task = &mut state.tasks[place];
        task.flag.is_ready.store(false, Ordering::Relaxed);
        let Some(mut work) = task.work.take() else { return true };
        let waker = Waker::from(Arc::clone(&task.flag));
        drop(state);
        let poll = work.as_mut().poll(&mut Context::from_waker(&waker));
        if poll.is_pending() {
            self.state().tasks[place].work = Some(work);
        } else {
            drop(work);
            self.state().vacant.push(place);
        }
        true
    }

    /// Advances time to the next timer; returns false if there is none.
    fn advance(&self) -> bool {
        let mut state = self.state();
        let Some(Reverse((deadline, number))) = state.timers.pop() else { return false };
        state.now = state.now.max(deadline);
        let sleeper = state.sleepers.remove(&number);
        drop(state);
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
        true
    }
}

impl State {
    fn draw_ready(&mut self) -> Option<usize> {
        let mut ready = self.ready.lock().expect("nothing panics with it");
        let stands_still = |place: &usize| {
            let Task { process, is_first, .. } = &self.tasks[*place];
            self.paused.contains(process) || (*is_first && self.hanging.contains(process))
        };
        if self.paused.is_empty() && self.hanging.is_empty() {
            if ready.is_empty() {
                return None;
            }
            let drawn = self.random.random_range(0..ready.len());
            return Some(ready.swap_remove(drawn));
        }
        let able: Vec<usize> = (0..ready.len()).filter(|&n| !stands_still(&ready[n])).collect();
        if able.is_empty() {
            return None;
        }
        let drawn = able[self.random.random_range(0..able.len())];
        Some(ready.swap_remove(drawn))
    }
}

/// The future of [`Executor::sleep`].
pub struct Sleep {
    executor: Executor,
    deadline: Duration,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let executor = self.executor.clone();
        let mut state = executor.state();
        if state.now >= self.deadline {
            return Poll::Ready(());
        }
        let number = self.timer.unwrap_or_else(|| {
            state.sleeps += 1;
            let number = state.sleeps;
            state.timers.push(Reverse((self.deadline, number)));
            number
        });
        state.sleepers.insert(number, context.waker().clone());
        self.timer = Some(number);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.timer {
            self.executor.state().sleepers.remove(&number);
        }
    }
}
