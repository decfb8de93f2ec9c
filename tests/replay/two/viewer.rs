//! One connection after the other to a 2.x server, as an instance has them: a projection for each, one
//! replica for all, and a client that is told what changes.

use sidestream::opencode::event::{Body, Content, Event, Overview, SessionInfo};
use sidestream::opencode::v2::projection::{Asked, Projection};
use sidestream::opencode::v2::wire;
use sidestream::protocol::SessionSnapshot;
use sidestream::replica::{Gap, Replica};

use super::recording::Recording;
use super::server::Server;
use crate::client::Client;
use crate::driver::instance;

pub struct Viewer<'a> {
    recording: &'a Recording,
    projection: Projection,
    pub replica: Replica,
    pub client: Client,
    /// What could not be understood from the events alone.
    pub rereads: Vec<String>,
}

impl<'a> Viewer<'a> {
    /// The session was opened just before the stream began.
    pub fn new(recording: &'a Recording) -> Self {
        let mut projection = Projection::default();
        let mut replica = Replica::new(instance());
        replica.resync(Overview::default(), true);
        let before = recording.before();
        projection.know(&recording.session);
        let asked = projection.ask();
        projection.learn(&recording.session, asked, &before.messages);
        let screen = replica.open(recording.content(before)).unwrap();
        drop(replica.take_changes());
        Self {
            recording,
            projection,
            replica,
            client: Client::new(screen),
            rereads: Vec::new(),
        }
    }

    pub fn snapshot(&self) -> SessionSnapshot {
        self.replica.snapshot(&self.recording.session).unwrap()
    }

    /// The events that data stands for.
    pub fn decode(&mut self, data: &str) -> Vec<Event> {
        // The last one of a stream that broke.
        let Ok(envelope) = serde_json::from_str::<wire::Envelope>(data) else {
            return Vec::new();
        };
        let body = self.projection.apply(self.recording.reader(), &envelope);
        assert!(!matches!(body, Body::Unknown), "{data}");
        assert!(!matches!(body, Body::Malformed(_)), "{body:?}: {data}");
        let events: Vec<Event> = body.into_events().collect();
        if events.contains(&Event::ContentChanged(self.recording.session.clone())) {
            self.rereads.push(envelope.event_type.to_string());
        }
        events
    }

    pub fn apply(&mut self, event: Event) {
        // Its row is not what is looked at here.
        if !matches!(&event, Event::Session(info) if info.id == self.recording.session) {
            self.replica.apply(event);
        }
        self.tell();
    }

    pub fn hear(&mut self, data: &str) {
        for event in self.decode(data) {
            self.apply(event);
        }
    }

    /// As [`Viewer::hear`]; what has to be read again is read from the server as it is now.
    pub fn hear_and_read(&mut self, data: &str, server: &Server) {
        for event in self.decode(data) {
            self.apply_and_read(event, server);
        }
    }

    pub fn apply_and_read(&mut self, event: Event, server: &Server) {
        if event == Event::ContentChanged(self.recording.session.clone()) {
            let asked = self.projection.ask();
            let content = self.learn(asked, server);
            self.refresh(content, Gap::None);
        } else {
            self.apply(event);
        }
    }

    /// A new connection: nothing is known of what is under way.
    pub fn reconnect(&mut self) {
        self.projection = Projection::default();
        self.projection.know(&self.recording.session);
    }

    /// REST is about to be asked.
    pub fn ask(&self) -> Asked {
        self.projection.ask()
    }

    /// What the server shows, as the dialect learns it.
    pub fn learn(&mut self, asked: Asked, server: &Server) -> Content {
        let messages = server.messages(self.recording.reader());
        let session = &self.recording.session;
        self.projection.learn(session, asked, &messages);
        self.recording.content(server.page(self.recording.reader()))
    }

    /// The answers to all that is asked after a connection was made.
    pub fn resync(&mut self, asked: Asked, server: &Server, content: Content) {
        let mut sessions = vec![SessionInfo {
            id: self.recording.session.clone(),
            ..SessionInfo::default()
        }];
        let active = server.active();
        let running = self.projection.settle(asked, &mut sessions, active);
        let overview = Overview {
            sessions,
            complete: true,
            running,
            permissions: Some(Vec::new()),
            ..Overview::default()
        };
        self.replica.resync(overview, false);
        self.refresh(content, Gap::Possible);
    }

    pub fn refresh(&mut self, content: Content, gap: Gap) {
        self.replica.refresh(content, gap);
        self.tell();
    }

    fn tell(&mut self) {
        for notification in self.replica.take_changes() {
            self.client.apply(&notification);
        }
    }
}
