//! What an answer means that is not what was asked for, in words for the person in front of the editor. Pure.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;

use crate::protocol::{Error, ErrorKind};

/// The server answered, but not what was asked for.
#[must_use]
pub fn refusal(
    url: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    path: &str,
) -> Error {
    if status == StatusCode::UNAUTHORIZED {
        return Error::new(
            ErrorKind::Unauthorized,
            format!("The OpenCode server at {url} rejected the password."),
        )
        .hint("Set `server.username` and `server.password` to those it was started with.");
    }
    if matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    ) {
        return Error::new(
            ErrorKind::NotConnected,
            format!(
                "The OpenCode server at {url} is not there for now: it was answered with {}.",
                status.as_u16()
            ),
        )
        .hint("It may be starting, or a proxy before it does not reach it.");
    }
    let told = serde_json::from_slice::<ServerSays>(body).unwrap_or_default();
    if !is_json(headers) && told.is_empty() {
        return Error::new(
            ErrorKind::ServerError,
            format!(
                "The server at {url} answered {path} with {} {} in place of JSON.",
                status.as_u16(),
                match content_type(headers) {
                    "" => "nothing",
                    other => other,
                }
            ),
        )
        .hint("Is that an OpenCode server, and is it recent enough?");
    }
    told.into_error(status)
}

/// The two families of error bodies: `{name, data: {message}}` and `{_tag, message}` (v1 contract, §5).
#[derive(Default, Deserialize)]
struct ServerSays {
    #[serde(default, alias = "_tag")]
    name: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: ServerSaysData,
}

#[derive(Default, Deserialize)]
struct ServerSaysData {
    #[serde(default)]
    message: String,
    #[serde(default)]
    path: Option<String>,
}

impl ServerSays {
    fn is_empty(&self) -> bool {
        self.name.is_empty() && self.message.is_empty() && self.data.message.is_empty()
    }

    fn into_error(self, status: StatusCode) -> Error {
        let mut message = if self.data.message.is_empty() {
            self.message
        } else {
            self.data.message
        };
        if message.is_empty() {
            message = format!("OpenCode answered {} {}", status.as_u16(), self.name);
        }
        match self.name.as_str() {
            "NotFoundError" | "SessionNotFoundError" if message.starts_with("Session") => {
                Error::new(ErrorKind::SessionNotFound, message)
                    .hint("It may have been deleted elsewhere.")
            }
            "SessionBusyError" => Error::new(ErrorKind::Busy, message)
                .hint("Abort the run or wait until it has ended."),
            "ConfigJsonError" | "ConfigInvalidError" => {
                let path = self
                    .data
                    .path
                    .unwrap_or_else(|| "OpenCode's configuration".into());
                Error::new(
                    ErrorKind::StartFailed,
                    format!("OpenCode rejects its configuration, {path}: {message}"),
                )
                .hint("Correct that file, then restart the instance.")
            }
            _ if status == StatusCode::CONFLICT => {
                Error::new(ErrorKind::Busy, message).hint("Wait for the run to end, or abort it.")
            }
            _ if status.is_client_error() => Error::new(ErrorKind::BadRequest, message),
            _ => Error::new(ErrorKind::ServerError, message)
                .hint("The instance's logs may say more."),
        }
    }
}

pub fn is_json(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("application/json")
}

pub fn content_type(headers: &HeaderMap) -> &str {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(status: u16, body: &str) -> Error {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
        refusal(
            "http://127.0.0.1:1",
            StatusCode::from_u16(status).unwrap(),
            &headers,
            body.as_bytes(),
            "/x",
        )
    }

    #[test]
    fn both_error_families_are_understood() {
        let old = says(
            404,
            r#"{"name":"NotFoundError","data":{"message":"Session not found: ses_1"}}"#,
        );
        assert_eq!(old.kind, ErrorKind::SessionNotFound);
        let new = says(409, r#"{"_tag":"SessionBusyError","message":"busy"}"#);
        assert_eq!(new.kind, ErrorKind::Busy);
        let config = says(
            400,
            r#"{"name":"ConfigJsonError","data":{"path":"/x.json","message":"bad"}}"#,
        );
        assert_eq!(config.kind, ErrorKind::StartFailed);
    }

    #[test]
    fn html_is_told_from_an_answer() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "text/html".parse().unwrap());
        let error = refusal(
            "http://127.0.0.1:1",
            StatusCode::OK,
            &headers,
            b"<html>",
            "/session",
        );
        assert_eq!(error.kind, ErrorKind::ServerError);
        assert!(error.message.contains("text/html"));
    }
}
