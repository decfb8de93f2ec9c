//! Recordings cut at any event and resynced from what REST shows at that moment.

use proptest::prelude::*;
use sidestream::opencode::event::Body;
use sidestream::protocol::{Message, MessageStatus, PartBody};
use sidestream::replica::Gap;

use crate::driver::{Driver, assert_ends, from_rest};
use crate::raw::{Texts, assert_same_text};
use crate::recordings::{self, Recording};
use crate::server::Server;
use crate::variants::{any_recording, config};

/// Where a connection is lost, where it is there again, and where REST is asked: what comes
/// between the last two is in the answer and comes once more by the stream.
#[derive(Clone, Copy, Debug)]
struct Cut {
    lost: usize,
    connected: usize,
    asked: usize,
}

impl Cut {
    fn of(events: usize, mut at: [prop::sample::Index; 3]) -> Self {
        at.sort_by_key(|index| index.index(events + 1));
        let [lost, connected, asked] = at.map(|index| index.index(events + 1));
        Self {
            lost,
            connected,
            asked,
        }
    }
}

/// Replays with a cut. In between, no text is silently wrong.
fn replay(recording: &Recording, cut: Cut, gap: Gap) -> Driver {
    let data = recording.data();
    let texts = Texts::of(recording);
    let mut server = Server::before(recording);
    let mut driver = Driver::new(recording);
    let hear = |driver: &mut Driver, data: &[String]| {
        for data in data {
            if let Body::Event(event) = recordings::decode(recording.directory(), data).body {
                driver.apply(event);
            }
            texts.assert_never_silently_wrong(&driver.client.screen);
        }
    };
    hear(&mut driver, &data[..cut.lost]);
    for data in &data[..cut.asked] {
        server.hear(data);
    }
    driver.resync(&server, gap);
    hear(&mut driver, &data[cut.connected..]);
    driver
}

fn assert_equal_to_rest(recording: &Recording, driver: &Driver) {
    assert_ends(recording, driver.snapshot(), from_rest(recording), false);
    assert_same_text(&recording.shown(), &driver.client.screen);
}

fn partial_texts(driver: &Driver) -> usize {
    let screen = serde_json::to_string(&driver.client.screen).unwrap();
    screen.matches("\"partial\":true").count()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_stream_cut_for_good_is_completed_by_rest(
        recording in any_recording(),
        at in any::<prop::sample::Index>(),
    ) {
        let events = recording.events();
        let mut driver = Driver::new(&recording);
        for event in events.iter().take(at.index(events.len() + 1)) {
            driver.apply(event.clone());
        }
        driver.resync(&Server::after(&recording), Gap::Possible);
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn a_stream_that_is_cut_and_goes_on_ends_equal_to_rest(
        recording in any_recording(),
        at in prop::array::uniform3(any::<prop::sample::Index>()),
    ) {
        let cut = Cut::of(recording.data().len(), at);
        let driver = replay(&recording, cut, Gap::Possible);
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn a_resync_without_a_gap_ends_equal_to_rest(
        recording in any_recording(),
        at in prop::array::uniform3(any::<prop::sample::Index>()),
    ) {
        let mut cut = Cut::of(recording.data().len(), at);
        cut.connected = cut.lost;
        let driver = replay(&recording, cut, Gap::None);
        assert_equal_to_rest(&recording, &driver);
    }

    #[test]
    fn what_a_resync_has_told_is_not_told_again(
        recording in any_recording(),
        at in any::<prop::sample::Index>(),
    ) {
        let data = recording.data();
        let mut server = Server::before(&recording);
        let mut driver = Driver::new(&recording);
        for data in &data[..at.index(data.len() + 1)] {
            server.hear(data);
        }
        driver.resync(&server, Gap::Possible);
        driver.replica.resync(server.overview(), false);
        driver.replica.refresh(server.content(&driver.session), Gap::Possible);
        prop_assert_eq!(driver.replica.take_changes(), Vec::new());
    }
}

/// Every cut of one recording, because the random ones may miss the narrow places.
#[test]
fn a_reply_survives_a_cut_at_every_event() {
    for name in [
        "plain.sse",
        "reasoning.sse",
        "stream-cut.sse",
        "bash-allow-once.sse",
    ] {
        let recording = recordings::named(name);
        let events = recording.data().len();
        for lost in 0..=events {
            for gap in [0, 1, 7] {
                let connected = (lost + gap).min(events);
                for asked in [connected, (connected + 3).min(events)] {
                    let cut = Cut {
                        lost,
                        connected,
                        asked,
                    };
                    let driver = replay(&recording, cut, Gap::Possible);
                    assert_equal_to_rest(&recording, &driver);
                }
            }
        }
    }
}

#[test]
fn text_with_a_hole_says_so_until_its_end() {
    let recording = recordings::named("long.sse");
    let data = recording.data();
    let cut = Cut {
        lost: 700,
        connected: 900,
        asked: 900,
    };
    let mut server = Server::before(&recording);
    let mut driver = Driver::new(&recording);
    let mut seen = Vec::new();
    for (at, data) in data.iter().enumerate() {
        server.hear(data);
        if (cut.lost..cut.connected).contains(&at) {
            continue;
        }
        if at == cut.asked {
            driver.resync(&server, Gap::Possible);
        }
        if let Body::Event(event) = recordings::decode("/workspace", data).body {
            driver.apply(event);
        }
        seen.push(partial_texts(&driver));
    }
    let begin = seen.iter().position(|holes| *holes > 0).unwrap();
    let end = seen.iter().rposition(|holes| *holes > 0).unwrap();
    assert_eq!(begin, cut.lost);
    assert!(
        end > 1_700,
        "the hole is marked to the end of the text: {end}"
    );
    assert!(seen[begin..=end].iter().all(|holes| *holes == 1));
    assert_equal_to_rest(&recording, &driver);
}

#[test]
fn a_client_that_joins_in_the_middle_sees_a_hole_and_then_the_whole() {
    let recording = recordings::named("midstream-reconnect.second.sse");
    let mut driver = Driver::new(&recording);
    let holes: Vec<usize> = recording
        .events()
        .into_iter()
        .map(|event| {
            driver.apply(event);
            partial_texts(&driver)
        })
        .collect();
    assert_eq!(holes.first(), Some(&1));
    assert_eq!(holes.last(), Some(&0));
    assert_equal_to_rest(&recording, &driver);
}

/// While connected, nothing is lost, so that no text may be marked.
#[test]
fn a_resync_without_a_gap_marks_no_text_that_was_seen_from_its_start() {
    let recording = recordings::named("plain.sse");
    let data = recording.data();
    for at in 0..=data.len() {
        let mut server = Server::before(&recording);
        let mut driver = Driver::new(&recording);
        for (index, data) in data.iter().enumerate() {
            if index == at {
                driver.resync(&server, Gap::None);
            }
            server.hear(data);
            if let Body::Event(event) = recordings::decode("/workspace", data).body {
                driver.apply(event);
            }
            assert_eq!(partial_texts(&driver), 0, "asked at {at}, seen at {index}");
        }
    }
}

/// What runs and what a session holds are asked for at once, and answered one after the other.
#[test]
fn a_run_that_begins_while_rest_is_asked_goes_on_live() {
    let recording = recordings::named("plain.sse");
    let data = recording.data();
    let overview = Server::before(&recording).overview();
    for asked in 0..data.len() {
        let mut server = Server::before(&recording);
        for data in &data[..asked] {
            server.hear(data);
        }
        let mut driver = Driver::new(&recording);
        driver.replica.resync(overview.clone(), false);
        driver
            .replica
            .refresh(server.content(&driver.session), Gap::None);
        let mut live = Driver::new(&recording);
        for data in &data {
            if let Body::Event(event) = recordings::decode("/workspace", data).body {
                driver.apply(event.clone());
                live.apply(event);
            }
            // REST may have been ahead of the stream, but never behind it.
            if recordings::is_delta(data) {
                let (is, should) = (reply(&driver), reply(&live));
                assert_ne!(
                    is.info.status,
                    MessageStatus::Interrupted,
                    "asked at {asked}"
                );
                assert!(
                    text_of(&is).starts_with(&text_of(&should)),
                    "asked at {asked}"
                );
            }
        }
        assert_equal_to_rest(&recording, &driver);
    }
}

fn reply(driver: &Driver) -> Message {
    driver.client.screen.messages[1].clone()
}

fn text_of(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match &part.body {
        PartBody::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    texts.collect()
}
