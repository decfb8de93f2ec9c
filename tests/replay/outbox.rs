//! Recordings told by way of the outbox, to an editor that reads now and then.

use proptest::prelude::*;
use sidestream::editor::outbox::queue::{Entry, Queue};
use sidestream::protocol::{Notification, SessionId};

use crate::client::Client;
use crate::driver::{Driver, assert_same};
use crate::recordings::Recording;
use crate::variants::{any_recording, choices, config};

/// An editor behind the queue.
struct Editor {
    queue: Queue,
    client: Client,
    /// The revision that it saw last of each session.
    revisions: Vec<(SessionId, u64)>,
}

impl Editor {
    fn new(client: Client) -> Self {
        Self {
            queue: Queue::default(),
            client,
            revisions: Vec::new(),
        }
    }

    fn read(&mut self, limit: usize) {
        let mut taken = Vec::new();
        self.queue.take(limit, &mut taken);
        for entry in taken {
            let Entry::Notification(mut notification) = entry else {
                panic!("nothing else was said");
            };
            self.client.apply(&notification);
            self.count(&mut notification);
        }
    }

    fn count(&mut self, notification: &mut Notification) {
        let of = session_of(notification);
        let Some(revision) = notification.revision_mut().copied() else {
            return;
        };
        let of = of.expect("content is a session's");
        let seen = self.revisions.iter().position(|(known, _)| *known == of);
        let at = seen.unwrap_or_else(|| {
            self.revisions.push((of, 0));
            self.revisions.len() - 1
        });
        let seen = &mut self.revisions[at].1;
        assert_eq!(revision, *seen + 1, "a revision is left out");
        *seen = revision;
    }
}

fn session_of(notification: &Notification) -> Option<SessionId> {
    let json = serde_json::to_value(notification).unwrap();
    Some(json["params"]["sessionId"].as_str()?.into())
}

/// Replays while the editor reads as the choices say, and lets it catch up now and then.
fn replay(recording: &Recording, choices: &[u8]) {
    let mut driver = Driver::new(recording);
    let mut editor = Editor::new(driver.client.clone());
    let events = recording.events();
    for (event, choice) in events.into_iter().zip(choices.iter().cycle()) {
        driver.replica.apply(event);
        for notification in driver.replica.take_changes() {
            editor.queue.push(Entry::Notification(notification));
        }
        match choice % 4 {
            0 => {}
            1 => editor.read(1),
            2 => editor.read(usize::from(choice / 4)),
            _ => {
                editor.read(usize::MAX);
                assert!(editor.queue.is_empty());
                assert_sees_all(&driver, &editor);
            }
        }
    }
    editor.read(usize::MAX);
    assert_sees_all(&driver, &editor);
}

#[track_caller]
fn assert_sees_all(driver: &Driver, editor: &Editor) {
    let seen = &editor.client.screen;
    assert_same(seen, &driver.snapshot(), "seen and held by the replica");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_editor_that_reads_now_and_then_misses_nothing(
        recording in any_recording(),
        choices in choices(),
    ) {
        replay(&recording, &choices);
    }
}

#[test]
fn an_editor_that_sleeps_through_a_reply_wakes_to_a_few_entries() {
    let recording = crate::recordings::named("long.sse");
    let mut driver = Driver::new(&recording);
    let mut editor = Editor::new(driver.client.clone());
    for event in recording.events() {
        driver.replica.apply(event);
        for notification in driver.replica.take_changes() {
            editor.queue.push(Entry::Notification(notification));
        }
    }
    let mut taken = Vec::new();
    editor.queue.take(usize::MAX, &mut taken);
    assert!(taken.len() < 20, "{} entries for 2,000 words", taken.len());
}
