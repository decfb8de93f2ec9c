//! How long to wait before the next try.

use std::time::Duration;

use rand::Rng;

use crate::protocol::settings::ReconnectSettings;

/// Doubling waits with jitter, so that many editors do not come back in the same moment.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    settings: ReconnectSettings,
    attempt: u32,
}

impl Backoff {
    #[must_use]
    pub fn new(settings: ReconnectSettings) -> Self {
        Self {
            settings,
            attempt: 0,
        }
    }

    /// Counts a failure. Answers which try comes next and the wait before it; `None` when the
    /// tries are used up.
    pub fn next(&mut self) -> Option<(u32, Duration)> {
        if self.attempt >= self.settings.max_attempts {
            return None;
        }
        self.attempt += 1;
        let doubled = 1_u64.checked_shl(self.attempt - 1).unwrap_or(u64::MAX);
        let delay = self
            .settings
            .base_delay_ms
            .saturating_mul(doubled)
            .min(self.settings.max_delay_ms);
        // Between three quarters and the whole of it.
        let millis = rand::rng().random_range(delay - delay / 4..=delay);
        Some((self.attempt, Duration::from_millis(millis)))
    }

    pub fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_the_tries_end() {
        let mut backoff = Backoff::new(ReconnectSettings {
            base_delay_ms: 100,
            max_delay_ms: 350,
            max_attempts: 4,
            idle_timeout_ms: 0,
        });
        for (attempt, longest) in [(1, 100), (2, 200), (3, 350), (4, 350)] {
            let (number, wait) = backoff.next().unwrap();
            assert_eq!(number, attempt);
            let millis = wait.as_millis();
            assert!(millis <= longest && millis >= longest * 3 / 4, "{millis}");
        }
        assert!(backoff.next().is_none());
        backoff.reset();
        assert_eq!(backoff.next().map(|(attempt, _)| attempt), Some(1));
    }
}
