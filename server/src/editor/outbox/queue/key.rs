//! What queued notifications are about, so that newer ones find those they merge with.

use crate::protocol::notifications::Field;
use crate::protocol::{InstanceId, MessageId, Notification, PartId, SessionId};

/// What a queued notification is about: a newer one of the same key merges with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Session(InstanceId, SessionId),
    Reset(InstanceId, SessionId),
    Todos(InstanceId, SessionId),
    Message(InstanceId, SessionId, MessageId),
    Part(InstanceId, SessionId, MessageId, PartId),
    Append(InstanceId, SessionId, MessageId, PartId, Field),
    /// An edited file, by its path.
    File(InstanceId, String),
    Catalog(InstanceId),
}

impl Key {
    /// Of a part's key, the key of its appends.
    pub fn append(self, field: Field) -> Option<Self> {
        match self {
            Self::Part(instance, session, message, part) => {
                Some(Self::Append(instance, session, message, part, field))
            }
            _ => None,
        }
    }

    pub fn is_content_of(&self, of_instance: &InstanceId, of_session: &SessionId) -> bool {
        match self {
            Self::Session(..) | Self::File(..) | Self::Catalog(_) => false,
            Self::Reset(instance, session)
            | Self::Todos(instance, session)
            | Self::Message(instance, session, _)
            | Self::Part(instance, session, ..)
            | Self::Append(instance, session, ..) => {
                instance == of_instance && session == of_session
            }
        }
    }

    pub fn is_in_message(
        &self,
        of_instance: &InstanceId,
        of_session: &SessionId,
        of_message: &MessageId,
    ) -> bool {
        match self {
            Self::Session(..)
            | Self::Reset(..)
            | Self::Todos(..)
            | Self::File(..)
            | Self::Catalog(_) => false,
            Self::Message(instance, session, message)
            | Self::Part(instance, session, message, _)
            | Self::Append(instance, session, message, ..) => {
                instance == of_instance && session == of_session && message == of_message
            }
        }
    }
}

pub(super) fn part_key(notification: &Notification) -> Option<Key> {
    use Notification as N;
    let (instance, session, message, part) = match notification {
        N::PartDidChange {
            instance_id,
            session_id,
            message_id,
            part,
            ..
        } => (instance_id, session_id, message_id, &part.id),
        N::PartDidAppend {
            instance_id,
            session_id,
            message_id,
            part_id,
            ..
        }
        | N::PartDidRemove {
            instance_id,
            session_id,
            message_id,
            part_id,
            ..
        } => (instance_id, session_id, message_id, part_id),
        _ => return None,
    };
    Some(Key::Part(
        instance.clone(),
        session.clone(),
        message.clone(),
        part.clone(),
    ))
}

/// The key that a notification waits under.
pub(super) fn key_of(notification: &Notification) -> Option<Key> {
    use Notification as N;
    match notification {
        N::SessionDidChange {
            instance_id,
            session,
        } => Some(Key::Session(instance_id.clone(), session.id.clone())),
        N::CatalogDidChange { instance_id, .. } => Some(Key::Catalog(instance_id.clone())),
        N::FileDidChange { instance_id, path } => {
            Some(Key::File(instance_id.clone(), path.clone()))
        }
        N::SessionDidReset {
            instance_id,
            session_id,
            ..
        } => Some(Key::Reset(instance_id.clone(), session_id.clone())),
        N::TodoDidChange {
            instance_id,
            session_id,
            ..
        } => Some(Key::Todos(instance_id.clone(), session_id.clone())),
        N::MessageDidChange {
            instance_id,
            session_id,
            message,
            ..
        } => Some(Key::Message(
            instance_id.clone(),
            session_id.clone(),
            message.id.clone(),
        )),
        N::PartDidChange { .. } => part_key(notification),
        N::PartDidAppend { field, .. } => part_key(notification)?.append(*field),
        _ => None,
    }
}

/// Whose content a notification is.
pub(super) fn session_of(notification: &Notification) -> Option<(InstanceId, SessionId)> {
    use Notification as N;
    match notification {
        N::SessionDidReset {
            instance_id,
            session_id,
            ..
        }
        | N::MessageDidChange {
            instance_id,
            session_id,
            ..
        }
        | N::MessageDidRemove {
            instance_id,
            session_id,
            ..
        }
        | N::PartDidChange {
            instance_id,
            session_id,
            ..
        }
        | N::PartDidAppend {
            instance_id,
            session_id,
            ..
        }
        | N::PartDidRemove {
            instance_id,
            session_id,
            ..
        }
        | N::TodoDidChange {
            instance_id,
            session_id,
            ..
        } => Some((instance_id.clone(), session_id.clone())),
        _ => None,
    }
}
