//! Recordings changed as a server or a network may change them: doubled, reordered, split.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sidestream::opencode::event::{Event, Growth};
use sidestream::opencode::sse::{Ended, Events};

use crate::driver::{Driver, assert_ends, from_rest};
use crate::raw::{Texts, assert_same_text};
use crate::recordings::{self, Recording};

/// Few enough to be quick, many enough to meet every recording.
const CASES: u32 = 128;

pub fn config() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        // A failure is told with its smallest case; nothing is written beside the sources.
        failure_persistence: None,
        // The same cases each time: what holds today holds tomorrow, on every machine.
        rng_seed: RngSeed::Fixed(2026),
        ..ProptestConfig::default()
    }
}

pub fn any_recording() -> impl Strategy<Value = Recording> {
    prop::sample::select(recordings::all())
}

/// Random numbers, used over and over.
pub fn choices() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..64)
}

fn replay(recording: &Recording, events: impl IntoIterator<Item = Event>) -> Driver {
    let mut driver = Driver::new(recording);
    for event in events {
        driver.apply(event);
    }
    driver
}

fn assert_equal_to_rest(recording: &Recording, driver: &Driver) {
    assert_ends(recording, driver.snapshot(), from_rest(recording), true);
    assert_same_text(&recording.shown(), &driver.client.screen);
}

/// Each event as often as the next choice says.
fn doubled(events: Vec<Event>, choices: &[u8]) -> Vec<Event> {
    let times = choices
        .iter()
        .cycle()
        .map(|choice| 1 + usize::from(choice % 3));
    let doubled = events.into_iter().zip(times);
    doubled
        .flat_map(|(event, times)| std::iter::repeat_n(event, times))
        .collect()
}

/// Messages, parts and text are one family, all else is the other; within each, order is kept.
pub fn is_content(event: &Event) -> bool {
    matches!(
        event,
        Event::Message(_)
            | Event::MessageRemoved { .. }
            | Event::Part { .. }
            | Event::PartRemoved { .. }
            | Event::Delta { .. }
    )
}

fn interleaved(events: Vec<Event>, choices: &[u8]) -> Vec<Event> {
    let (content, rest): (VecDeque<_>, VecDeque<_>) = events.into_iter().partition(is_content);
    let mut lanes = [content, rest];
    let mut mixed = Vec::new();
    for choice in choices.iter().cycle() {
        let lane = usize::from(choice % 2);
        let Some(next) = lanes[lane]
            .pop_front()
            .or_else(|| lanes[1 - lane].pop_front())
        else {
            break;
        };
        mixed.push(next);
    }
    mixed
}

/// Deltas come before the part that they belong to.
fn deltas_first(mut events: Vec<Event>, choices: &[u8]) -> Vec<Event> {
    let mut choices = choices.iter().cycle();
    let mut at = 0;
    while at < events.len() {
        if let Event::Part { part, .. } = &events[at]
            && part.growth == Growth::Open
        {
            let id = part.part.id.clone();
            let is_delta =
                |event: &&Event| matches!(event, Event::Delta { part_id, .. } if *part_id == id);
            let deltas = events[at + 1..].iter().take_while(is_delta).count();
            let by = deltas.min(choices.next().map_or(0, |choice| usize::from(*choice)));
            events[at..=at + by].rotate_left(1);
            at += by;
        }
        at += 1;
    }
    events
}

/// Parts come before the first word of the message that they belong to.
fn parts_first(mut events: Vec<Event>, choices: &[u8]) -> Vec<Event> {
    let mut choices = choices.iter().cycle();
    let mut seen = Vec::new();
    let mut at = 0;
    while at < events.len() {
        if let Event::Message(info) = &events[at]
            && !seen.contains(&info.id)
        {
            seen.push(info.id.clone());
            let id = info.id.clone();
            let may_pass = |event: &&Event| match event {
                Event::Message(other) => other.id != id,
                Event::MessageRemoved { .. } => false,
                _ => true,
            };
            let room = events[at + 1..].iter().take_while(may_pass).count();
            let by = room.min(choices.next().map_or(0, |choice| usize::from(choice % 8)));
            events[at..=at + by].rotate_left(1);
            // What moved forward may hold another message's first word.
            if by > 0 {
                continue;
            }
        }
        at += 1;
    }
    events
}

/// The events of a body that arrives in such pieces.
pub fn received(body: Bytes, pieces: &[u8]) -> Vec<String> {
    let mut chunks = Vec::new();
    let mut rest = body;
    for piece in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        // Mostly small pieces, some large, so that long recordings take no time.
        let size = 1 + usize::from(*piece) * if piece % 4 == 0 { 64 } else { 1 };
        chunks.push(Ok(rest.split_to(size.min(rest.len()))));
    }
    let mut events = Events::new(stream::iter(chunks));
    let mut received = Vec::new();
    loop {
        // All is there already, so that nothing is ever waited for.
        match events.next_batch().now_or_never() {
            Some(Ok(batch)) => received.extend(batch),
            Some(Err(ended)) => {
                assert_eq!(ended, Ended::Closed);
                return received;
            }
            None => panic!("the stream waits"),
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn doubled_events_change_nothing(recording in any_recording(), choices in choices()) {
        let driver = replay(&recording, doubled(recording.events(), &choices));
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn families_of_events_may_pass_each_other(recording in any_recording(), choices in choices()) {
        let driver = replay(&recording, interleaved(recording.events(), &choices));
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn text_may_come_before_its_part(recording in any_recording(), choices in choices()) {
        let texts = Texts::of(&recording);
        let mut driver = Driver::new(&recording);
        for event in deltas_first(recording.events(), &choices) {
            driver.apply(event);
            texts.assert_never_silently_wrong(&driver.client.screen);
        }
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn parts_may_come_before_their_message(recording in any_recording(), choices in choices()) {
        let events = parts_first(recording.events(), &choices);
        let driver = replay(&recording, events);
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn all_that_may_happen_may_happen_at_once(
        recording in any_recording(),
        choices in prop::array::uniform4(choices()),
    ) {
        let events = deltas_first(recording.events(), &choices[0]);
        let events = parts_first(events, &choices[1]);
        let events = interleaved(events, &choices[2]);
        let driver = replay(&recording, doubled(events, &choices[3]));
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn a_stream_is_the_same_wherever_its_bytes_are_split(
        recording in any_recording(),
        pieces in choices(),
    ) {
        let body = Bytes::from(recordings::text(recording.stream));
        prop_assert!(received(body, &pieces) == recording.data());
    }
}

#[test]
fn a_burst_arrives_whole() {
    let body = Bytes::from(recordings::text("long.sse"));
    let events = recordings::data("long.sse").len();

    for pieces in [[0], [u8::MAX - 3], [u8::MAX]] {
        assert_eq!(received(body.clone(), &pieces).len(), events);
    }
}

#[test]
fn an_old_event_told_again_does_not_undo_the_end() {
    for recording in recordings::all() {
        let mut driver = replay(&recording, recording.events());
        // What grows has ended: its beginnings and its text are old words.
        let old = recording.events().into_iter().filter(|event| match event {
            Event::Delta { .. } => true,
            Event::Part { part, .. } => part.growth == Growth::Open,
            _ => false,
        });
        for event in old {
            driver.apply(event);
        }
        assert_equal_to_rest(&recording, &driver);
    }
}

/// A reply so long that not all of its early text can be kept.
#[test]
fn text_that_came_too_early_to_be_kept_is_not_shown_as_whole() {
    let recording = recordings::named("long.sse");
    let texts = Texts::of(&recording);
    let mut driver = Driver::new(&recording);
    let (deltas, others): (Vec<_>, Vec<_>) = recording
        .events()
        .into_iter()
        .partition(|event| matches!(event, Event::Delta { .. }));
    for event in deltas.into_iter().chain(others) {
        driver.apply(event);
        texts.assert_never_silently_wrong(&driver.client.screen);
    }
    assert_equal_to_rest(&recording, &driver);
}
