//! Permissions and questions, put to the person one after the other, and their answers sent.

use anyhow::Result;

use super::Chat;
use crate::cli::dialogue::{Ask, Decision, choose, decide};
use crate::protocol::requests::{Call, PermissionReplyTo, QuestionReject, QuestionReply};
use crate::protocol::{ErrorKind, PermissionReply};

impl Chat {
    /// Puts something to the person, now or after what is asked already.
    pub(super) fn put(&mut self, ask: Ask) -> Result<()> {
        self.asks.push_back(ask);
        if self.asks.len() == 1 {
            self.ask_next()?;
        }
        Ok(())
    }

    fn ask_next(&mut self) -> Result<()> {
        if let Some(ask) = self.asks.front() {
            let words = ask.in_words();
            self.screen.ask(&words)?;
        }
        Ok(())
    }

    /// It was answered elsewhere, or has lost its meaning.
    pub(super) fn settle(&mut self, is_it: impl Fn(&Ask) -> bool) -> Result<()> {
        let was_asked = self.asks.front().is_some_and(&is_it);
        self.asks.retain(|ask| !is_it(ask));
        if was_asked {
            self.screen.line("(answered elsewhere)")?;
            self.ask_next()?;
        }
        Ok(())
    }

    /// Takes a line as the answer to what was asked; no line means that nobody is there.
    pub(super) async fn answer(&mut self, line: Option<String>) -> Result<()> {
        let Some(ask) = self.asks.pop_front() else {
            return Ok(());
        };
        let shown = line.as_deref().unwrap_or("(nobody is there to answer)");
        self.screen.answered(shown)?;
        match ask {
            Ask::Permission(permission) => {
                let decision = match &line {
                    Some(line) => decide(line),
                    // Nobody is there to allow anything.
                    None => Some(Decision {
                        reply: PermissionReply::Reject,
                        message: None,
                    }),
                };
                match decision {
                    Some(decision) => {
                        let reply = PermissionReplyTo {
                            instance_id: self.instance.clone(),
                            permission_id: permission.id,
                            reply: decision.reply,
                            message: decision.message,
                        };
                        self.send(reply).await?;
                    }
                    None => self.asks.push_front(Ask::Permission(permission)),
                }
            }
            Ask::Question {
                question,
                mut answers,
            } => {
                let item = question.questions.get(answers.len());
                match (item, line) {
                    (Some(item), Some(line)) => {
                        answers.extend(choose(item, &line));
                        if answers.len() < question.questions.len() {
                            self.asks.push_front(Ask::Question { question, answers });
                        } else {
                            let reply = QuestionReply {
                                instance_id: self.instance.clone(),
                                question_id: question.id,
                                answers,
                            };
                            self.send(reply).await?;
                        }
                    }
                    _ => {
                        let reject = QuestionReject {
                            instance_id: self.instance.clone(),
                            question_id: question.id,
                        };
                        self.send(reject).await?;
                    }
                }
            }
        }
        self.ask_next()
    }

    /// Somebody else may have answered in the meantime; the run goes on then.
    async fn send(&mut self, answer: impl Call) -> Result<()> {
        match self.client.call(answer).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::BadRequest => {
                Ok(self.screen.line(&error.message)?)
            }
            Err(error) => Err(error.into()),
        }
    }
}
