//! The wall clock, as the protocol counts it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::protocol::Millis;

/// Milliseconds since the epoch.
#[must_use]
pub fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
