//! A session's messages page by page, and those of the user's that wait for their turn (v2 contract,
//! §4.1).

use serde_json::Value;

use super::{V2, wire};
use crate::opencode::event::{IncomingMessage, MessagePage};
use crate::protocol::{Error, MessageId, MessageStatus, SessionId};

/// More messages in one page are refused (§1.9).
const PAGE_LIMIT: usize = 200;

impl V2 {
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
