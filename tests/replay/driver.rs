//! Drives a replica with a recording, beside a client that is told what changes.

use sidestream::opencode::event::Event;
use sidestream::protocol::{InstanceId, SessionId, SessionSnapshot, SessionStatus};
use sidestream::replica::{Gap, Replica};

use crate::client::Client;
use crate::recordings::Recording;
use crate::server::Server;

pub struct Driver {
    pub replica: Replica,
    pub client: Client,
    pub session: SessionId,
}

pub fn instance() -> InstanceId {
    "recorded".into()
}

impl Driver {
    /// The session was opened just before the stream began.
    pub fn new(recording: &Recording) -> Self {
        Self::open(&Server::before(recording), recording.session())
    }

    /// The session was opened while nothing ran.
    pub fn idle(recording: &Recording) -> Self {
        let mut server = Server::before(recording);
        server.running.clear();
        Self::open(&server, recording.session())
    }

    pub fn open(server: &Server, session: SessionId) -> Self {
        let mut replica = Replica::new(instance());
        replica.resync(server.overview(), true);
        let screen = replica.open(server.content(&session)).unwrap();
        // What led to the snapshot is in it.
        drop(replica.take_changes());
        Self {
            replica,
            client: Client::new(screen),
            session,
        }
    }

    pub fn snapshot(&self) -> SessionSnapshot {
        self.replica.snapshot(&self.session).unwrap()
    }

    /// Applies an event; the client has to see what the replica holds after each.
    pub fn apply(&mut self, event: Event) {
        let context = format!("{event:?}");
        self.replica.apply(event);
        self.tell(&context);
    }

    pub fn resync(&mut self, server: &Server, gap: Gap) {
        self.replica.resync(server.overview(), false);
        self.replica.refresh(server.content(&self.session), gap);
        self.tell("a resync");
    }

    fn tell(&mut self, context: &str) {
        for notification in self.replica.take_changes() {
            self.client.apply(&notification);
        }
        let mut seen = self.client.screen.clone();
        seen.revision = 0;
        if let Some(held) = self.replica.snapshot(&self.session) {
            assert_same(&seen, &held, &format!("seen and held after {context}"));
        }
    }
}

/// What a replica shows that knows nothing but the REST answers of the end.
pub fn from_rest(recording: &Recording) -> SessionSnapshot {
    Driver::open(&Server::after(recording), recording.session()).snapshot()
}

/// Whether the session's run is over, and by failing if the stream said so.
#[track_caller]
pub fn assert_ends(
    recording: &Recording,
    mut is: SessionSnapshot,
    mut should: SessionSnapshot,
    whole: bool,
) {
    let failed = matches!(is.session.status, SessionStatus::Error { .. });
    let idle = is.session.status == SessionStatus::Idle;
    if whole {
        assert_eq!(failed, recording.fails(), "{:?}", is.session.status);
    }
    assert!(failed || idle, "{recording:?}: {:?}", is.session.status);
    is.session.status = SessionStatus::Idle;
    should.session.status = SessionStatus::Idle;
    assert_same(
        &is,
        &should,
        &format!("seen and shown by REST: {recording:?}"),
    );
}

/// Equal; a failure tells the first part that is not.
#[track_caller]
pub fn assert_same(left: &SessionSnapshot, right: &SessionSnapshot, context: &str) {
    for (left, right) in left.messages.iter().zip(&right.messages) {
        for (left, right) in left.parts.iter().zip(&right.parts) {
            assert_eq!(left, right, "{context}");
        }
        assert_eq!(left, right, "{context}");
    }
    assert_eq!(left, right, "{context}");
}
