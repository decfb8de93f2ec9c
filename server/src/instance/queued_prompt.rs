//! One prompt that is on its way, and how clients see it meanwhile.

use std::path::Path;

use super::outlet::Responder;
use crate::opencode::{Prompt, attached, id};
use crate::protocol::requests::{PromptPart, SessionPrompt};
use crate::protocol::{
    Error, FilePart, Message, MessageError, MessageId, MessageInfo, MessageStatus, MessageTime,
    Part, PartBody, PartId, Role, SessionId, TextPart,
};
use crate::replica::Submission;
use crate::time::now;

pub(super) struct QueuedPrompt {
    pub prompt: Prompt,
    /// As clients see it while it waits.
    pub message: Message,
    pub delivery: Delivery,
    /// Whether it is what its session is `submitted` by.
    pub submission: Submission,
    /// The request, until it is answered. From then on clients know of the prompt.
    pub asked: Option<Responder>,
}

/// How far a prompt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// For a connection, or for its session's turn. It was never sent.
    Waiting,
    /// Held back for a moment.
    Paused,
    /// Its request was lost. It is sent again as it was, so that OpenCode does not take it twice.
    Repeating,
    /// Its request is under way: whether OpenCode has it is not known.
    Sending,
    /// OpenCode did not want it. Only its text is kept.
    Refused,
}

impl QueuedPrompt {
    pub fn new(params: SessionPrompt, directory: &Path, asked: Responder) -> Self {
        let message_id = MessageId::from(id::ascending("msg"));
        let parts: Vec<(PartId, PromptPart)> = params
            .parts
            .into_iter()
            .map(|part| (PartId::from(id::ascending("prt")), part))
            .collect();
        let message = Message {
            info: MessageInfo {
                id: message_id.clone(),
                session_id: params.session_id.clone(),
                role: Role::User,
                parent_id: None,
                status: MessageStatus::Queued,
                agent: params.agent.clone(),
                model: params.model.clone(),
                time: MessageTime {
                    created: now(),
                    completed: None,
                },
                cost: None,
                tokens: None,
                error: None,
            },
            parts: parts
                .iter()
                .map(|(id, part)| Part::new(id.clone(), shown(part, directory)))
                .collect(),
        };
        Self {
            message,
            prompt: Prompt {
                session_id: params.session_id,
                message_id,
                parts,
                agent: params.agent,
                model: params.model,
                variant: params.variant,
            },
            delivery: Delivery::Waiting,
            submission: Submission::Further,
            asked: Some(asked),
        }
    }

    pub fn session_id(&self) -> &SessionId {
        &self.prompt.session_id
    }

    pub fn message_id(&self) -> &MessageId {
        &self.prompt.message_id
    }

    pub fn is_refused(&self) -> bool {
        self.delivery == Delivery::Refused
    }

    /// Gives its message the newest id. Only for one that was never sent.
    pub fn renew_id(&mut self) {
        let message_id = MessageId::from(id::ascending("msg"));
        self.prompt.message_id = message_id.clone();
        self.message.info.id = message_id;
    }

    pub fn refuse(&mut self, why: &Error) {
        self.delivery = Delivery::Refused;
        self.message.info.status = MessageStatus::Error;
        self.message.info.error = Some(MessageError {
            kind: "notSent".into(),
            message: why.message.clone(),
        });
    }

    /// As clients see it once OpenCode has it: behind all that came while it waited.
    pub fn sent(self) -> MessageInfo {
        MessageInfo {
            status: MessageStatus::Sent,
            time: MessageTime {
                created: now(),
                completed: None,
            },
            ..self.message.info
        }
    }
}

/// What a part looks like before OpenCode has made its own of it.
fn shown(part: &PromptPart, directory: &Path) -> PartBody {
    let file = |mime: &str, filename: Option<String>, url: String| {
        PartBody::File(FilePart {
            mime: mime.into(),
            filename,
            url,
        })
    };
    match part {
        PromptPart::File { path, .. } => {
            let name = path.file_name();
            let name = name.map(|name| name.to_string_lossy().into_owned());
            file("text/plain", name, format!("file://{}", path.display()))
        }
        PromptPart::Image { mime, .. } => file(mime, None, String::new()),
        PromptPart::Attachment { mime, filename, .. } => {
            file(mime, filename.clone(), String::new())
        }
        PromptPart::Agent { name } => PartBody::Agent { name: name.clone() },
        PromptPart::Text { .. } | PromptPart::Diagnostics { .. } | PromptPart::Selection { .. } => {
            PartBody::Text(TextPart {
                text: attached::words(part, directory).unwrap_or_default(),
                ..TextPart::default()
            })
        }
    }
}
