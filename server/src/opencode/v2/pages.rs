//! What comes page by page (v2 contract, §4.1): sessions, a session's messages, and those of the user's
//! that wait for their turn.

use std::collections::HashMap;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::{V2, wire};
use crate::opencode::event::{IncomingMessage, MessagePage, RunStatus, SessionInfo};
use crate::protocol::{Error, ErrorKind, MessageId, MessageStatus, SessionId};

/// More messages in one page are refused (§1.9).
const PAGE_LIMIT: usize = 200;
/// Sessions of one page.
const SESSIONS_PAGE: usize = 500;

impl V2 {
    /// The newest sessions of the directory that pass the filters.
    pub(super) async fn rows(
        &self,
        filters: &[(&str, &str)],
        limit: usize,
    ) -> Result<Vec<SessionInfo>, Error> {
        let mut sessions = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let ask = (limit - sessions.len()).min(SESSIONS_PAGE);
            let size = ask.to_string();
            let mut query = vec![
                ("directory", self.location().1),
                ("order", "desc"),
                ("limit", size.as_str()),
            ];
            query.extend_from_slice(filters);
            if let Some(cursor) = &cursor {
                query.push(("cursor", cursor));
            }
            let page: wire::Page<wire::Session> = self.http.get("/api/session", &query).await?;
            let is_last = page.data.len() < ask;
            let mut projection = self.projection();
            sessions.extend(page.data.into_iter().map(|row| {
                projection.know(&row.id);
                self.reader().session(row)
            }));
            drop(projection);
            cursor = page.cursor.next.filter(|_| !is_last);
            if cursor.is_none() || sessions.len() >= limit {
                return Ok(sessions);
            }
        }
    }

    /// The sessions that run, of any directory.
    pub(super) async fn active(&self) -> Result<HashMap<SessionId, RunStatus>, Error> {
        let active: HashMap<SessionId, Value> = self.data("/api/session/active", &[]).await?;
        let runs = active.into_keys().map(async |session| {
            let run = self.run(&session).await?;
            Ok::<_, Error>((session, run))
        });
        Ok(try_join_all(runs).await?.into_iter().collect())
    }

    /// How a session runs: its last answer says when the next try is awaited, and no longer when that
    /// has begun (§3.6).
    async fn run(&self, session: &SessionId) -> Result<RunStatus, Error> {
        let path = format!("/api/session/{session}/message");
        let page: Result<wire::Page<wire::Message>, _> =
            self.http.get(&path, &[("limit", "1")]).await;
        let last = match page {
            Ok(page) => page.data.into_iter().next(),
            // Deleted meanwhile.
            Err(error) if error.kind == ErrorKind::SessionNotFound => None,
            Err(error) => return Err(error),
        };
        Ok(match last {
            Some(wire::Message::Assistant(reply)) => {
                reply.retry.map_or(RunStatus::Busy, Into::into)
            }
            _ => RunStatus::Busy,
        })
    }

    /// The `limit` messages before the cursor that are shown, or fewer when there are no more.
    pub(super) async fn page(
        &self,
        session: &SessionId,
        mut cursor: Option<String>,
        limit: usize,
    ) -> Result<MessagePage, Error> {
        let path = format!("/api/session/{session}/message");
        // Newest first, as they come.
        let mut rows: Vec<wire::Message> = Vec::new();
        let mut shown = 0;
        loop {
            // Never more than are wanted: the cursor stands behind the last one.
            let ask = (limit - shown).clamp(1, PAGE_LIMIT);
            let size = ask.to_string();
            let mut query = vec![("limit", size.as_str())];
            if let Some(cursor) = &cursor {
                query.push(("cursor", cursor));
            }
            let page: wire::Page<wire::Message> = self.http.get(&path, &query).await?;
            let is_last = page.data.len() < ask;
            rows.extend(page.data);
            cursor = page.cursor.next.filter(|_| !is_last);
            let all = rows.iter();
            shown = all
                .filter(|row| !matches!(row, wire::Message::Hidden))
                .count();
            if cursor.is_none() || shown >= limit {
                break;
            }
        }
        rows.reverse();
        if let Some(from) = &cursor {
            // The last page has a cursor, too (§4.1).
            let query = [("limit", "1"), ("cursor", from.as_str())];
            let before: wire::Page<Value> = self.http.get(&path, &query).await?;
            if before.data.is_empty() {
                cursor = None;
            }
        }
        let asked = self.asked_before(&path, &rows, cursor.as_deref()).await?;
        let messages = self.reader().messages(rows, session, asked);
        Ok(MessagePage { messages, cursor })
    }

    /// Whose answer it is that a page begins with.
    async fn asked_before(
        &self,
        path: &str,
        rows: &[wire::Message],
        cursor: Option<&str>,
    ) -> Result<Option<MessageId>, Error> {
        let mut shown = rows
            .iter()
            .filter(|row| !matches!(row, wire::Message::Hidden));
        let begins_inside = !matches!(shown.next(), None | Some(wire::Message::User(_)));
        let Some(cursor) = cursor.filter(|_| begins_inside) else {
            return Ok(None);
        };
        let query = [("type", "user"), ("limit", "1"), ("cursor", cursor)];
        let page: wire::Page<wire::Message> = self.http.get(path, &query).await?;
        Ok(page.data.into_iter().find_map(|row| match row {
            wire::Message::User(user) => Some(user.id),
            _ => None,
        }))
    }

    /// The user's messages that wait for their turn.
    pub(super) async fn inbox(&self, session: &SessionId) -> Result<Vec<IncomingMessage>, Error> {
        let rows: Vec<wire::InboxRow> = self
            .data(&format!("/api/session/{session}/inbox"), &[])
            .await?;
        let reader = self.reader();
        let waiting = rows.into_iter().filter_map(|row| match row.item {
            wire::InboxItem::User { payload } => Some(reader.user(
                row.id,
                payload,
                session,
                row.time.created,
                MessageStatus::Queued,
            )),
            wire::InboxItem::Other => None,
        });
        Ok(waiting.collect())
    }
}
