//! What clients are told of an instance as a whole: composed of the actor's state, told when it differs.

use std::path::PathBuf;

use super::actor::{Actor, Phase};
use super::link::LinkState;
use super::name_of;
use crate::protocol::{Instance, InstanceId, InstanceState, Notification};

/// An instance that has just been opened.
pub(super) fn starting(id: InstanceId, directory: PathBuf) -> Instance {
    Instance {
        id,
        name: name_of(&directory),
        directory,
        state: InstanceState::Starting,
        attempt: None,
        retry_at: None,
        error: None,
        server: None,
        busy: 0,
        waiting: 0,
    }
}

/// All that changes in what clients are told of an instance. Comparing it is cheap, and most
/// events change none of it.
#[derive(PartialEq)]
pub(super) struct Aspects {
    phase: Phase,
    was_connected: bool,
    /// How many sessions run, and how many requests wait for the user.
    counts: (usize, usize),
}

impl Actor {
    pub(super) fn changed_view(&mut self) -> Option<Notification> {
        // The server's own data comes with a phase.
        let aspects = Aspects {
            phase: self.phase.clone(),
            was_connected: self.was_connected,
            counts: self.replica.counts(),
        };
        if self.viewed.as_ref() == Some(&aspects) {
            return None;
        }
        let view = self.compose(aspects.counts);
        self.viewed = Some(aspects);
        if *self.view.borrow() == view {
            return None;
        }
        self.view.send_replace(view.clone());
        Some(Notification::InstanceDidChange {
            instance_id: self.id.clone(),
            instance: view,
        })
    }

    fn compose(&self, (busy, waiting): (usize, usize)) -> Instance {
        let (mut state, mut attempt, mut retry_at, mut error) =
            (InstanceState::Connected, None, None, None);
        match &self.phase {
            Phase::Live => {}
            Phase::Syncing { trouble } => {
                state = InstanceState::Connecting;
                error.clone_from(trouble);
            }
            Phase::Link(LinkState::Connecting) => state = InstanceState::Connecting,
            Phase::Link(LinkState::Starting) => state = InstanceState::Starting,
            Phase::Link(LinkState::Reconnecting {
                attempt: number,
                retry_at: at,
                why,
            }) => {
                state = InstanceState::Reconnecting;
                attempt = Some(*number);
                retry_at = Some(*at);
                error = Some(why.clone());
            }
            Phase::Link(LinkState::Disconnected { why }) => {
                state = InstanceState::Disconnected;
                error = Some(why.clone());
            }
            Phase::Link(LinkState::Failed(failure)) => {
                state = InstanceState::Failed;
                error = Some(failure.clone());
            }
        }
        // Once it was connected, coming back is one state for the user, however many steps it takes.
        if self.was_connected
            && matches!(state, InstanceState::Starting | InstanceState::Connecting)
        {
            state = InstanceState::Reconnecting;
        }
        Instance {
            id: self.id.clone(),
            directory: self.directory.clone(),
            name: name_of(&self.directory),
            state,
            attempt,
            retry_at,
            error,
            server: self.server_info.clone(),
            busy,
            waiting,
        }
    }
}
