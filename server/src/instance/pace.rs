//! Output of tools told at a pace: the first piece at once, what follows within a moment in one piece. Each
//! notification costs three hundred bytes around what it says, and a command may write a thousand lines
//! a second.

use std::time::Duration;

use tokio::time::sleep;

use super::actor::Actor;
use crate::protocol::Notification;
use crate::protocol::notifications::Field;

/// Shorter than what a person sees as waiting.
const WINDOW: Duration = Duration::from_millis(30);

/// What is held back, while a window is open.
#[derive(Default)]
pub(super) struct Pace {
    window: Option<Vec<Notification>>,
}

impl Pace {
    fn hold(&mut self, changes: &mut Vec<Notification>) {
        let Some(held) = &mut self.window else { return };
        for change in changes.drain(..) {
            match (held.last_mut(), change) {
                (
                    Some(Notification::PartDidAppend {
                        part_id: last,
                        text: known,
                        ..
                    }),
                    Notification::PartDidAppend { part_id, text, .. },
                ) if *last == part_id => known.push_str(&text),
                (_, change) => held.push(change),
            }
        }
    }

    fn take(&mut self) -> Vec<Notification> {
        self.window.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl Actor {
    /// Tells changes now, or in a moment if they are output that grows. The order stays.
    pub(super) fn tell_paced(&mut self, mut changes: Vec<Notification>) {
        let is_output = changes.iter().all(grows_output);
        if is_output {
            self.pace.hold(&mut changes);
        }
        if changes.is_empty() {
            return;
        }
        let mut all = self.pace.take();
        all.extend(changes);
        self.notify_all(all);
        if is_output {
            self.pace.window = Some(Vec::new());
            self.spawn_work(sleep(WINDOW), |actor, ()| actor.end_window());
        }
    }

    /// What is held back must not come after what is said next.
    pub(super) fn tell_held(&mut self) {
        let held = self.pace.take();
        if !held.is_empty() {
            self.notify_all(held);
        }
    }

    fn end_window(&mut self) {
        let held = self.pace.window.take().unwrap_or_default();
        if !held.is_empty() {
            self.tell_paced(held);
        }
    }
}

fn grows_output(change: &Notification) -> bool {
    matches!(
        change,
        Notification::PartDidAppend {
            field: Field::Output,
            ..
        }
    )
}
