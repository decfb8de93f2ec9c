//! Recordings of 2.x cut at any event and resynced from what REST shows at that moment. Events that REST
//! has shown already may be heard before its answer, and after it.

use proptest::prelude::*;
use sidestream::protocol::{PartBody, SessionSnapshot};

use super::recording::{self, Recording, named};
use super::server::Server;
use super::variants::{any_recording, assert_ends_as_rest};
use super::viewer::Viewer;
use crate::variants::config;

/// Where a connection is lost, where the next one begins, where REST is asked, and how far the stream
/// is heard when the answer is there.
#[derive(Clone, Copy, Debug)]
struct Cut {
    lost: usize,
    connected: usize,
    asked: usize,
    answered: usize,
}

impl Cut {
    fn of(events: usize, at: [prop::sample::Index; 4]) -> Self {
        let mut at = at.map(|index| index.index(events + 1));
        at.sort_unstable();
        let [lost, connected, one, other] = at;
        // Which of the two is first is chance as well.
        let (asked, answered) = match (one + other) % 2 {
            0 => (one, other),
            _ => (other, one),
        };
        Self {
            lost,
            connected,
            asked,
            answered,
        }
    }
}

/// Replays with a cut; no text is silently wrong in between.
fn replay(recording: &Recording, cut: Cut) -> Viewer<'_> {
    let data = recording::data(&recording.stream);
    let end = super::from_rest(recording);
    let mut server = Server::before(recording);
    let mut viewer = Viewer::new(recording);
    for data in &data[..cut.lost] {
        server.hear(data);
        viewer.hear_and_read(data, &server);
        assert_never_silently_wrong(&viewer, &end);
    }
    let mut heard = cut.lost;
    let mut go_on = |server: &mut Server, to: usize| {
        for data in &data[heard.min(to)..to] {
            server.hear(data);
        }
        heard = heard.max(to);
    };
    let answered = cut.answered.max(cut.connected);
    viewer.reconnect();
    go_on(&mut server, cut.asked);
    let shown = server.clone();
    // What comes before the answer is held back, as it was understood then. When REST looks is
    // somewhere between the question and the answer; it may be ahead of what is heard.
    let mut asked = viewer.ask();
    let mut held = Vec::new();
    for (at, data) in data[..answered].iter().enumerate().skip(cut.connected) {
        if at == cut.asked {
            asked = viewer.ask();
        }
        held.extend(viewer.decode(data));
    }
    let content = viewer.learn(asked, &shown);
    viewer.resync(asked, &shown, content);
    assert_never_silently_wrong(&viewer, &end);
    go_on(&mut server, answered);
    for event in held {
        viewer.apply_and_read(event, &server);
        assert_never_silently_wrong(&viewer, &end);
    }
    for (at, data) in data.iter().enumerate().skip(answered) {
        go_on(&mut server, at + 1);
        viewer.hear_and_read(data, &server);
        assert_never_silently_wrong(&viewer, &end);
    }
    viewer
}

/// A text that is not marked as having a hole is the beginning of what it becomes.
#[track_caller]
fn assert_never_silently_wrong(viewer: &Viewer<'_>, end: &SessionSnapshot) {
    let texts = |snapshot: &SessionSnapshot| -> Vec<(String, String, bool)> {
        let parts = snapshot.messages.iter().flat_map(|message| &message.parts);
        let texts = parts.filter_map(|part| match &part.body {
            PartBody::Text(text) => Some((part.id.to_string(), text.text.clone(), text.partial)),
            PartBody::Reasoning(text) => {
                Some((part.id.to_string(), text.text.clone(), text.partial))
            }
            _ => None,
        });
        texts.collect()
    };
    let end = texts(end);
    for (id, seen, partial) in texts(&viewer.client.screen) {
        let whole = end.iter().find(|(known, ..)| *known == id);
        let begins = whole.is_none_or(|(_, whole, _)| whole.starts_with(&seen));
        assert!(
            partial || begins,
            "{id} has a hole that is not marked: {seen:?}"
        );
    }
}

fn holes(viewer: &Viewer<'_>) -> usize {
    let screen = serde_json::to_string(&viewer.client.screen).unwrap();
    screen.matches("\"partial\":true").count()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_stream_that_is_cut_and_goes_on_ends_equal_to_rest(
        recording in any_recording(),
        at in prop::array::uniform4(any::<prop::sample::Index>()),
    ) {
        let cut = Cut::of(recording::data(&recording.stream).len(), at);
        assert_ends_as_rest(&recording, &replay(&recording, cut));
    }

    #[test]
    fn a_stream_cut_for_good_is_completed_by_rest(
        recording in any_recording(),
        at in any::<prop::sample::Index>(),
    ) {
        let data = recording::data(&recording.stream);
        let lost = at.index(data.len() + 1);
        let cut = Cut {
            lost,
            connected: data.len(),
            asked: data.len(),
            answered: data.len(),
        };
        assert_ends_as_rest(&recording, &replay(&recording, cut));
    }
}

/// Every cut of some recordings, because the random ones may miss the narrow places.
#[test]
fn an_answer_survives_a_cut_at_every_event() {
    for stem in [
        "plain",
        "reasoning",
        "shell-allow-once",
        "stream-cut",
        "queued-steer-queue",
    ] {
        let recording = named(stem);
        let events = recording::data(&recording.stream).len();
        for lost in 0..=events {
            for gap in [0, 1, 5] {
                let connected = (lost + gap).min(events);
                let later = (connected + 3).min(events);
                for (asked, answered) in [
                    (connected, connected),
                    (later, connected),
                    (connected, later),
                ] {
                    let cut = Cut {
                        lost,
                        connected,
                        asked,
                        answered,
                    };
                    assert_ends_as_rest(&recording, &replay(&recording, cut));
                }
            }
        }
    }
}

#[test]
fn text_with_a_hole_says_so_until_its_end() {
    let recording = named("long");
    let data = recording::data(&recording.stream);
    let is = |kind: &'static str| move |data: &String| data.contains(kind);
    let first = data.iter().position(is("session.text.delta")).unwrap();
    let end = data.iter().position(is("session.text.ended")).unwrap();
    let mut server = Server::before(&recording);
    let mut viewer = Viewer::new(&recording);
    let mut seen = Vec::new();
    for (at, data) in data.iter().enumerate() {
        server.hear(data);
        if (first + 2..first + 5).contains(&at) {
            continue;
        }
        if at == first + 5 {
            viewer.reconnect();
            let asked = viewer.ask();
            let content = viewer.learn(asked, &server);
            viewer.resync(asked, &server, content);
            assert_eq!(holes(&viewer), 1);
        }
        viewer.hear_and_read(data, &server);
        seen.push((at, holes(&viewer)));
    }
    let marked = seen.iter().filter(|(_, holes)| *holes > 0);
    let marked: Vec<usize> = marked.map(|(at, _)| *at).collect();
    assert_eq!(marked, Vec::from_iter(first + 5..end));
    assert_ends_as_rest(&recording, &viewer);
}
