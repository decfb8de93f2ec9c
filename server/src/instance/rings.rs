//! The last so many of something, for the log and event views.

use std::collections::VecDeque;

/// Keeps the newest entries and forgets the oldest.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    entries: VecDeque<T>,
    capacity: usize,
}

impl<T: Clone> Ring<T> {
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            capacity,
        }
    }

    pub fn push(&mut self, entry: T) {
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// The newest `limit`, oldest first.
    #[must_use]
    pub fn last(&self, limit: Option<usize>) -> Vec<T> {
        let skip = self
            .entries
            .len()
            .saturating_sub(limit.unwrap_or(self.capacity));
        self.entries.iter().skip(skip).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_and_the_newest_answered() {
        let mut ring = Ring::new(3);
        (1..=5).for_each(|n| ring.push(n));
        assert_eq!(ring.last(None), [3, 4, 5]);
        assert_eq!(ring.last(Some(2)), [4, 5]);
    }
}
