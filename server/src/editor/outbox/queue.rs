//! The order in which things leave, and how they merge while they wait. No I/O.
//!
//! Two lanes: what waits for the user and the instances' states go first; all else keeps its
//! order. Within the second lane a part's appends join, and a newer state takes the place of an
//! older one of the same thing. A session's own state moves to the end instead, because "idle"
//! must not be heard before the last words.
//!
//! Revisions are counted here, as things leave: merged notifications are one.

mod key;

use std::collections::{HashMap, VecDeque};

use tower_lsp::jsonrpc::Id;

use crate::protocol::notifications::Field;
use crate::protocol::{InstanceId, Notification, SessionId, SessionRef, SessionSnapshot};
use key::{Key, key_of, part_key, session_of};

/// Log lines that wait at most; more would say nothing to somebody who does not read.
const MAX_LOGS: usize = 1_000;

/// A model's token is a few letters; a longer text is a burst, better written while the next
/// one is read.
const SHORT: usize = 64;

/// Holes that are left alone, however few entries there are beside them.
const HOLES: usize = 1_024;

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all entries are notifications; a box for each would cost more"
)]
pub enum Entry {
    /// Whole and framed.
    Frame(Vec<u8>),
    Notification(Notification),
    /// The answer to `session/open`, which needs the revision at its place.
    Snapshot {
        id: Id,
        snapshot: Box<SessionSnapshot>,
    },
}

#[derive(Default)]
pub struct Queue {
    urgent: VecDeque<Notification>,
    /// What was replaced or dropped leaves a hole, so that places stay what they are.
    lane: VecDeque<Option<Entry>>,
    /// The place of the lane's first entry; places only grow.
    first: u64,
    /// Entries that are not holes.
    waiting: usize,
    places: HashMap<Key, u64>,
    revisions: HashMap<(InstanceId, SessionId), u64>,
    logs: usize,
}

impl Queue {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0 && self.urgent.is_empty()
    }

    /// Whether all that waits is one short append.
    #[must_use]
    pub fn is_one_short_append(&self) -> bool {
        let append = |entry: &Option<Entry>| {
            matches!(
                entry,
                Some(Entry::Notification(Notification::PartDidAppend { text, .. }))
                    if text.len() <= SHORT
            )
        };
        self.waiting == 1 && self.urgent.is_empty() && self.lane.back().is_some_and(append)
    }

    pub fn push(&mut self, entry: Entry) {
        match entry {
            Entry::Notification(notification) => self.push_notification(notification),
            Entry::Snapshot { id, snapshot } => {
                // It holds all that was said of the session before.
                let session = &snapshot.session;
                let (instance, session) = (session.instance_id.clone(), session.id.clone());
                self.drop_content(&instance, &session);
                self.append(Entry::Snapshot { id, snapshot }, None);
            }
            frame @ Entry::Frame(_) => self.append(frame, None),
        }
    }

    /// The next entries, at most `limit`, with their revisions.
    pub fn take(&mut self, limit: usize, taken: &mut Vec<Entry>) {
        while taken.len() < limit {
            if let Some(urgent) = self.urgent.pop_front() {
                taken.push(Entry::Notification(urgent));
                continue;
            }
            let Some(next) = self.lane.pop_front() else {
                break;
            };
            self.first += 1;
            let Some(mut entry) = next else { continue };
            self.waiting -= 1;
            self.leave(&mut entry);
            taken.push(entry);
        }
    }

    fn push_notification(&mut self, notification: Notification) {
        use Notification as N;
        match &notification {
            N::InstanceDidChange { instance_id, .. } => {
                // Every state is told, so that a client sees the way; only repeats of the same
                // state merge.
                let repeats = self.urgent.iter().position(|queued| {
                    same_state(queued, &notification)
                        && is_last_of(&self.urgent, queued, instance_id)
                });
                if let Some(at) = repeats {
                    self.urgent.remove(at);
                }
                self.urgent.push_back(notification);
            }
            N::PermissionDidAsk { .. }
            | N::PermissionDidResolve { .. }
            | N::QuestionDidAsk { .. }
            | N::QuestionDidResolve { .. } => {
                // It overtakes snapshots that were taken before it; they must not take it back.
                for snapshot in self.waiting_snapshots() {
                    bring_up_to_date(snapshot, &notification);
                }
                self.urgent.push_back(notification);
            }
            N::InstanceDidLog { .. } => {
                if self.logs < MAX_LOGS {
                    self.logs += 1;
                    self.append(Entry::Notification(notification), None);
                }
            }
            N::InstanceDidClose { .. } => self.append(Entry::Notification(notification), None),
            N::CatalogDidChange { instance_id, .. } => {
                let key = Key::Catalog(instance_id.clone());
                self.replace(key, notification);
            }
            N::PromptDidAdd { .. } => self.append(Entry::Notification(notification), None),
            N::FileDidChange { instance_id, path } => {
                let key = Key::File(instance_id.clone(), path.clone());
                self.replace(key, notification);
            }
            N::SessionDidChange {
                instance_id,
                session,
            } => {
                let key = Key::Session(instance_id.clone(), session.id.clone());
                self.remove(&key);
                self.append(Entry::Notification(notification), Some(key));
            }
            N::SessionDidRemove {
                instance_id,
                session_id,
            } => {
                let (instance, session) = (instance_id.clone(), session_id.clone());
                self.remove(&Key::Session(instance.clone(), session.clone()));
                self.drop_content(&instance, &session);
                self.append(Entry::Notification(notification), None);
            }
            N::SessionDidReset {
                instance_id,
                session_id,
                ..
            } => {
                let (instance, session) = (instance_id.clone(), session_id.clone());
                self.drop_content(&instance, &session);
                let key = Key::Reset(instance, session);
                self.append(Entry::Notification(notification), Some(key));
            }
            N::TodoDidChange {
                instance_id,
                session_id,
                ..
            } => {
                let key = Key::Todos(instance_id.clone(), session_id.clone());
                self.replace(key, notification);
            }
            N::MessageDidChange {
                instance_id,
                session_id,
                message,
                ..
            } => {
                let key = Key::Message(instance_id.clone(), session_id.clone(), message.id.clone());
                self.replace(key, notification);
            }
            N::MessageDidRemove {
                instance_id,
                session_id,
                message_id,
                ..
            } => {
                let (instance, session, message) =
                    (instance_id.clone(), session_id.clone(), message_id.clone());
                self.drop_where(|key| key.is_in_message(&instance, &session, &message));
                self.append(Entry::Notification(notification), None);
            }
            N::PartDidChange { .. } | N::PartDidRemove { .. } => self.push_part(notification),
            N::PartDidAppend { .. } => self.push_append(notification),
        }
    }

    fn push_part(&mut self, notification: Notification) {
        let (Some(key), is_removal) = (
            part_key(&notification),
            matches!(notification, Notification::PartDidRemove { .. }),
        ) else {
            return;
        };
        // Appends that wait are in the new state already; those that come must follow it.
        for field in [Field::Text, Field::Output] {
            if let Some(append) = key.clone().append(field) {
                self.remove(&append);
            }
        }
        if is_removal {
            self.remove(&key);
            self.append(Entry::Notification(notification), None);
        } else {
            self.replace(key, notification);
        }
    }

    fn push_append(&mut self, notification: Notification) {
        let Notification::PartDidAppend { field, text, .. } = &notification else {
            return;
        };
        let Some(key) = part_key(&notification).and_then(|part| part.append(*field)) else {
            return;
        };
        if let Some(Entry::Notification(Notification::PartDidAppend { text: queued, .. })) =
            self.queued(&key)
        {
            queued.push_str(text);
            return;
        }
        self.append(Entry::Notification(notification), Some(key));
    }

    fn waiting_snapshots(&mut self) -> impl Iterator<Item = &mut SessionSnapshot> {
        self.lane
            .iter_mut()
            .flatten()
            .filter_map(|entry| match entry {
                Entry::Snapshot { snapshot, .. }
                | Entry::Notification(Notification::SessionDidReset { snapshot, .. }) => {
                    Some(&mut **snapshot)
                }
                _ => None,
            })
    }

    /// Puts a newer state in the older one's place, or at the end.
    fn replace(&mut self, key: Key, notification: Notification) {
        match self.queued(&key) {
            Some(queued) => *queued = Entry::Notification(notification),
            None => self.append(Entry::Notification(notification), Some(key)),
        }
    }

    fn queued(&mut self, key: &Key) -> Option<&mut Entry> {
        let place = *self.places.get(key)?;
        let index = usize::try_from(place.checked_sub(self.first)?).ok()?;
        self.lane.get_mut(index)?.as_mut()
    }

    fn append(&mut self, entry: Entry, key: Option<Key>) {
        if self.lane.len() > 2 * self.waiting + HOLES {
            self.close_holes();
        }
        if let Some(key) = key {
            self.places.insert(key, self.first + self.lane.len() as u64);
        }
        self.lane.push_back(Some(entry));
        self.waiting += 1;
    }

    /// While nobody reads, holes would be all that grows.
    fn close_holes(&mut self) {
        let mut next = self.first;
        let places: Vec<Option<u64>> = self
            .lane
            .iter()
            .map(|entry| {
                entry.as_ref()?;
                next += 1;
                Some(next - 1)
            })
            .collect();
        let first = self.first;
        self.places.retain(|_, place| {
            let index = place
                .checked_sub(first)
                .and_then(|i| usize::try_from(i).ok());
            match index.and_then(|index| places.get(index).copied().flatten()) {
                Some(moved) => {
                    *place = moved;
                    true
                }
                None => false,
            }
        });
        self.lane.retain(Option::is_some);
    }

    fn remove(&mut self, key: &Key) {
        let Some(place) = self.places.remove(key) else {
            return;
        };
        let index = place
            .checked_sub(self.first)
            .and_then(|i| usize::try_from(i).ok());
        if let Some(slot) = index.and_then(|index| self.lane.get_mut(index))
            && slot.take().is_some()
        {
            self.waiting -= 1;
        }
    }

    /// Drops what waits of a session's content. Nothing that comes later merges with what was
    /// said before.
    fn drop_content(&mut self, instance: &InstanceId, session: &SessionId) {
        self.drop_where(|key| key.is_content_of(instance, session));
    }

    fn drop_where(&mut self, wanted: impl Fn(&Key) -> bool) {
        let keys: Vec<Key> = self
            .places
            .keys()
            .filter(|key| wanted(key))
            .cloned()
            .collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// An entry leaves: nothing merges with it any more, and it gets its revision.
    fn leave(&mut self, entry: &mut Entry) {
        match entry {
            Entry::Frame(_) => {}
            Entry::Snapshot { snapshot, .. } => {
                let session = &snapshot.session;
                let of = (session.instance_id.clone(), session.id.clone());
                snapshot.revision = *self.revisions.entry(of).or_default();
            }
            Entry::Notification(notification) => {
                if let Some(key) = key_of(notification) {
                    self.places.remove(&key);
                }
                match notification {
                    Notification::InstanceDidLog { .. } => self.logs -= 1,
                    // Not before: what was said of its sessions may still have waited.
                    Notification::InstanceDidClose { instance_id } => {
                        self.revisions.retain(|(of, _), _| of != instance_id);
                    }
                    _ => {}
                }
                let of = session_of(notification);
                if let (Some(of), Some(revision)) = (of, notification.revision_mut()) {
                    let count = self.revisions.entry(of).or_default();
                    *count += 1;
                    *revision = *count;
                }
                if let Notification::SessionDidReset {
                    snapshot, revision, ..
                } = notification
                {
                    snapshot.revision = *revision;
                }
            }
        }
    }
}

/// Applies what waits for the user, or does not any more, to a snapshot taken before it.
fn bring_up_to_date(snapshot: &mut SessionSnapshot, notification: &Notification) {
    use Notification as N;
    let here = &snapshot.session.id;
    let is_here = |session: &SessionId, path: &[SessionRef]| {
        session == here || path.iter().any(|above| above.id == *here)
    };
    match notification {
        N::PermissionDidAsk { permission, .. }
            if is_here(&permission.session_id, &permission.path) =>
        {
            snapshot.permissions.push(permission.clone());
        }
        N::PermissionDidResolve { permission_id, .. } => {
            snapshot
                .permissions
                .retain(|known| known.id != *permission_id);
        }
        N::QuestionDidAsk { question, .. } if is_here(&question.session_id, &question.path) => {
            snapshot.questions.push(question.clone());
        }
        N::QuestionDidResolve { question_id, .. } => {
            snapshot.questions.retain(|known| known.id != *question_id);
        }
        _ => {}
    }
}

fn same_state(queued: &Notification, new: &Notification) -> bool {
    match (queued, new) {
        (
            Notification::InstanceDidChange { instance: a, .. },
            Notification::InstanceDidChange { instance: b, .. },
        ) => a.id == b.id && a.state == b.state,
        _ => false,
    }
}

/// Whether no later state of the instance is queued behind this one.
fn is_last_of(
    urgent: &VecDeque<Notification>,
    queued: &Notification,
    instance: &InstanceId,
) -> bool {
    urgent
        .iter()
        .rev()
        .find(|other| {
            matches!(other, Notification::InstanceDidChange { instance_id, .. } if instance_id == instance)
        })
        .is_some_and(|last| std::ptr::eq(last, queued))
}

#[cfg(test)]
mod tests;
