//! The session's log, which in 2.0 holds no events but says how many there were: a cheap way to learn
//! that nothing was missed (v2 contract, §2.2).

use serde::Deserialize;

use super::V2;
use crate::protocol::SessionId;

/// The only frame that is of interest.
#[derive(Deserialize)]
struct Synced {
    #[serde(rename = "type")]
    frame_type: String,
    seq: u64,
}

impl V2 {
    /// Whether the last event of the session is still the one with this number. Not when in doubt.
    pub(super) async fn stands_at(&self, session: &SessionId, seq: u64) -> bool {
        let path = format!("/api/experimental/session/{session}/log");
        let after = seq.to_string();
        let answer = self.http.bytes(&path, &[("after", &after)]).await;
        answer.is_ok_and(|frames| last_seq(&frames) == Some(seq))
    }
}

fn last_seq(frames: &[u8]) -> Option<u64> {
    let frames = String::from_utf8_lossy(frames);
    let synced = frames
        .lines()
        .filter_map(|line| serde_json::from_str::<Synced>(line.strip_prefix("data:")?).ok())
        .find(|frame| frame.frame_type == "log.synced")?;
    Some(synced.seq)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::extract::Path;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;
    use crate::opencode::http::{Endpoint, Http};

    #[test]
    fn the_frame_says_the_number_of_the_last_event() {
        let frame = b"data: {\"type\":\"log.synced\",\"aggregateID\":\"ses_1\",\"seq\":23}\n\n";
        assert_eq!(last_seq(frame), Some(23));
        assert_eq!(last_seq(b": nothing\n\n"), None);
    }

    #[tokio::test]
    async fn a_session_stands_where_it_stood_until_something_happens() {
        let log = async |Path(session): Path<String>| match session.as_str() {
            "ses_1" => "data: {\"type\":\"log.synced\",\"seq\":7}\n\n",
            _ => "",
        };
        let routes = Router::new().route("/api/experimental/session/{id}/log", get(log));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
        let http = Http::new(Endpoint::new(&url, None, None), Duration::from_secs(5)).unwrap();
        let server = V2::new(http, "/w".into(), "2.0.15".into());
        assert!(server.stands_at(&"ses_1".into(), 7).await);
        assert!(!server.stands_at(&"ses_1".into(), 6).await);
        assert!(!server.stands_at(&"ses_2".into(), 7).await);
        serving.abort();
    }
}
