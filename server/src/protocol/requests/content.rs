//! The whole of what was cut in a push.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::protocol::{InstanceId, MessageId, PartId, SessionId};

params! {
    /// The whole of a field that was cut in a push.
    PartContentRead {
        instance_id: InstanceId,
        session_id: SessionId,
        message_id: MessageId,
        part_id: PartId,
        field: CutField,
    }
    PartContent {
        field: CutField,
        /// Text, or for `input`, `diff` and `metadata` what the part has there.
        content: Value,
    }
}

/// The fields of a part that are cut when they are large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CutField {
    Text,
    Output,
    Input,
    Diff,
    Metadata,
    Url,
    Raw,
}
