//! Instances: the folders of an editor, each with its OpenCode server.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::protocol::settings::ServerSettings;
use crate::protocol::{EventRecord, Instance, InstanceId, LogEntry};

params! {
    /// All instances of this editor, in the order they were opened.
    InstanceList {}
    InstanceListResult {
        instances: Vec<Instance>,
    }
    /// Answers at once; the state follows by notification. An open folder's instance is returned as it is.
    InstanceOpen {
        directory: PathBuf,
        /// In place of the settings' `server`, for this instance.
        server: Option<ServerSettings>,
    }
    /// Closes the event stream, then stops the server if it is ours.
    InstanceClose {
        instance_id: InstanceId,
    }
    /// Stops the server, if it is ours, and starts it anew.
    InstanceRestart {
        instance_id: InstanceId,
    }
    /// Connects at once, whatever wait is under way.
    InstanceReconnect {
        instance_id: InstanceId,
    }
    /// The last lines of the server process, 1,000 at most.
    InstanceLogs {
        instance_id: InstanceId,
        limit: Option<usize>,
    }
    InstanceLogsResult {
        /// Oldest first.
        entries: Vec<LogEntry>,
    }
    /// The last raw events of the stream, 1,000 at most, for debugging.
    InstanceEvents {
        instance_id: InstanceId,
        limit: Option<usize>,
    }
    InstanceEventsResult {
        /// Oldest first.
        events: Vec<EventRecord>,
    }
}
