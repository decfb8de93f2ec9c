//! Recordings of 2.x changed as a server or a network may change them: doubled, split.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;

use super::recording::{self, Recording, all};
use super::viewer::Viewer;
use super::{comparable, from_rest};
use crate::driver::assert_same;
use crate::variants::{choices, config, received};

pub fn any_recording() -> impl Strategy<Value = Recording> {
    prop::sample::select(all())
}

#[track_caller]
pub fn assert_ends_as_rest(recording: &Recording, viewer: &Viewer<'_>) {
    let rest = from_rest(recording);
    let held = comparable(recording, viewer.snapshot());
    assert_same(&held, &rest, &format!("held: {recording:?}"));
    let seen = comparable(recording, viewer.client.screen.clone());
    assert_same(&seen, &rest, &format!("seen: {recording:?}"));
}

/// It has a place among all of its session, and is known again by it.
fn is_durable(data: &str) -> bool {
    let event: Value = serde_json::from_str(data).unwrap_or_default();
    event["durable"]["seq"].is_u64()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn durable_events_that_come_again_change_nothing(
        recording in any_recording(),
        choices in choices(),
    ) {
        let mut server = super::server::Server::before(&recording);
        let mut viewer = Viewer::new(&recording);
        for (data, choice) in recording::data(&recording.stream).iter().zip(choices.iter().cycle()) {
            server.hear(data);
            let again = if is_durable(data) { usize::from(choice % 3) } else { 0 };
            for _ in 0..=again {
                viewer.hear_and_read(data, &server);
            }
        }
        assert_ends_as_rest(&recording, &viewer);
    }

    #[test]
    fn what_is_told_of_them_may_be_told_again(recording in any_recording(), choices in choices()) {
        let mut server = super::server::Server::before(&recording);
        let mut viewer = Viewer::new(&recording);
        let mut choices = choices.iter().cycle();
        for data in recording::data(&recording.stream) {
            server.hear(&data);
            for event in viewer.decode(&data) {
                let again = choices.next().map_or(0, |choice| choice % 3);
                for _ in 0..=again {
                    viewer.apply_and_read(event.clone(), &server);
                }
            }
        }
        assert_ends_as_rest(&recording, &viewer);
    }

    #[test]
    fn a_stream_of_2x_is_the_same_wherever_its_bytes_are_split(
        recording in any_recording(),
        pieces in choices(),
    ) {
        let body = Bytes::from(recording::text(&recording.stream));
        prop_assert!(received(body, &pieces) == recording::data(&recording.stream));
    }
}
