//! How far long work has come, for who wants to show that.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is told while a lab is made or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Told {
    /// The lab is made: so much of so much work is done. The unit is roughly what giving a node its name takes.
    Making(usize, usize),
    /// Names are taken away: so many of so many are gone.
    Leaving(usize, usize),
    /// The names are gone, and the kernel takes the interfaces apart.
    Settling,
}

/// Who is told how far long work has come; nobody, by default.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(Told) + Send + Sync>>);

impl Progress {
    /// Calls `tell` a hundred times or less for each kind of work, from any thread, and every 100 ms while the kernel
    /// settles. It is waited for, so it should be quick.
    #[must_use]
    pub fn new(tell: impl Fn(Told) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Whether somebody is told.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn tell(&self, told: Told) {
        if let Some(tell) = &self.0 {
            tell(told);
        }
    }

    /// A count of one kind of work.
    pub(crate) fn count(&self, of: usize, kind: fn(usize, usize) -> Told) -> Count<'_> {
        Count { progress: self, kind, of, every: of.div_ceil(99).max(1), done: AtomicUsize::new(0) }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_wanted() { "Progress(told)" } else { "Progress(nobody)" })
    }
}

/// How much is done.
pub(crate) struct Count<'p> {
    progress: &'p Progress,
    kind: fn(usize, usize) -> Told,
    of: usize,
    /// It is told each time that so many more are done.
    every: usize,
    done: AtomicUsize,
}

impl Count<'_> {
    /// So much more is done.
    pub(crate) fn add(&self, work: usize) {
        if !self.progress.is_wanted() {
            return;
        }
        let before = self.done.fetch_add(work, Ordering::Relaxed);
        let done = before + work;
        if done / self.every != before / self.every || done == self.of {
            self.progress.tell((self.kind)(done, self.of));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn it_is_told_a_hundred_times_at_most_and_at_the_end() {
        for of in [0, 1, 3, 99, 100, 101, 250, 10_007] {
            let heard = Arc::new(Mutex::new(Vec::new()));
            let into = Arc::clone(&heard);
            let progress = Progress::new(move |told| into.lock().unwrap().push(told));
            let count = progress.count(of, Told::Leaving);
            (0..of).for_each(|_| count.add(1));
            let heard = heard.lock().unwrap();
            assert!(heard.len() <= 100, "{of}: {}", heard.len());
            assert_eq!(heard.last(), (of > 0).then_some(&Told::Leaving(of, of)));
        }
        Progress::default().count(1, Told::Making).add(1);
    }
}
