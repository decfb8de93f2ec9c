//! Ids made here, in OpenCode's own scheme: a prefix, 12 hex digits of time and counter, 14 letters.
//!
//! Servers before 1.18.16 sort by id, so ids of our prompts have to fit in (v1 contract, §5).

use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng;
use rand::distr::Alphanumeric;

use crate::protocol::Millis;
use crate::time::now;

/// Never goes back: two ids of one process sort as they were made.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A new id that sorts after all made before, as `msg_202116883001ziOiC4bym9CR4I`.
#[must_use]
pub fn ascending(prefix: &str) -> String {
    let wanted = stamp(now());
    let before = LAST
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
            Some(wanted.max(last + 1))
        })
        .unwrap_or_default();
    let time = wanted.max(before + 1) & 0xffff_ffff_ffff;
    let tail: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(14)
        .map(char::from)
        .collect();
    format!("{prefix}_{time:012x}{tail}")
}

fn stamp(time: Millis) -> u64 {
    time.wrapping_mul(4096) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_they_were_made() {
        let ids: Vec<String> = (0..100).map(|_| ascending("msg")).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| id.len() == "msg_".len() + 12 + 14));
    }
}
