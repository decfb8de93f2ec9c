//! Requests to an OpenCode server: addresses, credentials, and what its answers mean.
//!
//! Every failure becomes a [`protocol::Error`](crate::protocol::Error) here, in words for the
//! person in front of the editor. Passwords never get into one.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::refusal::{content_type, is_json, refusal};
use super::sse::chain;
use crate::protocol::{Error, ErrorKind};

/// REST answers come within milliseconds; a cold folder was measured at up to 8 s.
const REST_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a server is and how it knows us.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub url: String,
    pub username: String,
    pub password: Option<String>,
}

/// OpenCode's own default.
pub const DEFAULT_USER: &str = "opencode";

impl Endpoint {
    /// A user and password in the URL itself are taken out of it, since URLs are shown.
    #[must_use]
    pub fn new(url: &str, username: Option<String>, password: Option<String>) -> Self {
        let mut bare = url.trim_end_matches('/').to_owned();
        let (mut named, mut secret) = (username, password);
        if let Ok(mut parsed) = Url::parse(url)
            && (parsed.password().is_some() || !parsed.username().is_empty())
        {
            let decoded = |text: &str| {
                percent_encoding::percent_decode_str(text)
                    .decode_utf8_lossy()
                    .into_owned()
            };
            named = named.or_else(|| Some(decoded(parsed.username())));
            secret = secret.or_else(|| parsed.password().map(decoded));
            // Neither fails for a URL that had them.
            if parsed.set_username("").is_ok() && parsed.set_password(None).is_ok() {
                bare = parsed.as_str().trim_end_matches('/').to_owned();
            }
        }
        Self {
            url: bare,
            username: named
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| DEFAULT_USER.to_owned()),
            password: secret,
        }
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} as {}", self.url, self.username)
    }
}

/// A server to talk to.
#[derive(Clone)]
pub struct Http {
    endpoint: Endpoint,
    rest: reqwest::Client,
    streaming: reqwest::Client,
    patient: reqwest::Client,
}

/// An answer that is JSON, or nothing (204).
pub struct Answer {
    pub headers: HeaderMap,
    body: Vec<u8>,
}

impl Http {
    /// # Errors
    /// `badRequest` when the URL is none.
    pub fn new(endpoint: Endpoint, idle_timeout: Duration) -> Result<Self, Error> {
        let url = Url::parse(&endpoint.url).map_err(|error| {
            Error::new(
                ErrorKind::BadRequest,
                format!("\"{}\" is not a URL: {error}", endpoint.url),
            )
            .hint("Set `server.url` to something like http://127.0.0.1:4096.")
        })?;
        let client = || {
            let builder = reqwest::Client::builder()
                .connect_timeout(Duration::from_secs(5))
                // Servers close connections that nobody uses, and a request that is sent in that
                // moment is lost with them (seen on 2.0.15). Ours go first.
                .pool_idle_timeout(Duration::from_secs(4));
            // A proxy from the environment would swallow loopback: reqwest exempts it nowhere.
            if is_loopback(&url) {
                builder.no_proxy()
            } else {
                builder
            }
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder
                .build()
                .map_err(|error| Error::new(ErrorKind::ServerError, chain(&error)))
        };
        Ok(Self {
            rest: build(client().timeout(REST_TIMEOUT))?,
            // A total timeout would cut the stream; silence is what counts.
            streaming: build(client().read_timeout(idle_timeout))?,
            // Some answers come only when a run has ended, which may be tomorrow.
            patient: build(client())?,
            endpoint,
        })
    }

    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The request for an event stream: it may last for ever, as long as bytes come.
    pub fn stream(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        self.build(&self.streaming, Method::GET, path, query)
            .header(ACCEPT, "text/event-stream")
    }

    /// # Errors
    /// See [`Http::send`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Error> {
        self.send(Method::GET, path, query, None).await?.json()
    }

    /// # Errors
    /// See [`Http::send`].
    pub async fn post(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, Error> {
        self.send(Method::POST, path, query, Some(body)).await
    }

    /// A file's bytes, as they are.
    ///
    /// # Errors
    /// See [`Http::send`].
    pub async fn bytes(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, Error> {
        let request = self.build(&self.rest, Method::GET, path, query);
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(|error| self.lost(&error))?;
        if status.is_success() {
            Ok(body.to_vec())
        } else {
            Err(refusal(&self.endpoint.url, status, &headers, &body, path))
        }
    }

    /// As [`Http::post`], for what is answered only when a run has ended.
    ///
    /// # Errors
    /// See [`Http::send`].
    pub async fn post_patiently(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, Error> {
        let request = self.build(&self.patient, Method::POST, path, query);
        self.answer(request.json(body), path).await
    }

    /// # Errors
    /// `notConnected` and `timeout` when the server was not reached or did not answer; otherwise
    /// the server's own refusal, by its kind.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let mut request = self.build(&self.rest, method, path, query);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(request, path).await
    }

    async fn answer(&self, request: RequestBuilder, path: &str) -> Result<Answer, Error> {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response
            .bytes()
            .await
            .map_err(|error| self.lost(&error))?
            .to_vec();
        if status.is_success() && (status == StatusCode::NO_CONTENT || is_json(&headers)) {
            Ok(Answer { headers, body })
        } else {
            Err(refusal(&self.endpoint.url, status, &headers, &body, path))
        }
    }

    /// Opens an event stream.
    ///
    /// # Errors
    /// As [`Http::send`]; also `serverError` when the answer is no event stream.
    pub async fn open(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let is_stream = content_type(response.headers()).starts_with("text/event-stream");
        if response.status().is_success() && is_stream {
            return Ok(response);
        }
        let path = response.url().path().to_owned();
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.unwrap_or_default();
        Err(refusal(&self.endpoint.url, status, &headers, &body, &path))
    }

    fn build(
        &self,
        client: &reqwest::Client,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
    ) -> RequestBuilder {
        let url = format!("{}{path}", self.endpoint.url.trim_end_matches('/'));
        let request = client.request(method, url).query(query);
        match &self.endpoint.password {
            Some(password) => request.basic_auth(&self.endpoint.username, Some(password)),
            None => request,
        }
    }

    /// The server was not reached, or the answer did not come.
    fn lost(&self, error: &reqwest::Error) -> Error {
        let url = &self.endpoint.url;
        if error.is_timeout() && !error.is_connect() {
            Error::new(
                ErrorKind::Timeout,
                format!("The OpenCode server at {url} did not answer in time."),
            )
            .hint("It may be busy or stuck; restart the instance if this goes on.")
        } else {
            // reqwest's own message repeats the URL; the causes below it say why.
            let causes = error.source().map_or_else(|| error.to_string(), chain);
            Error::new(
                ErrorKind::NotConnected,
                format!("The OpenCode server at {url} cannot be reached: {causes}."),
            )
            .hint("Check that it runs and that the address is right.")
        }
    }
}

impl Answer {
    /// # Errors
    /// `serverError` when the body has another shape than this version of Sidestream knows.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Error::new(
                ErrorKind::ServerError,
                format!("The OpenCode server's answer was not understood: {error}."),
            )
            .hint("This OpenCode version may be too new or too old for this Sidestream.")
        })
    }
}

/// A path below a folder, as a part of a URL's path.
#[must_use]
pub fn encode_path(path: &Path) -> String {
    let url = Url::from_file_path(Path::new("/").join(path));
    url.map_or_else(
        |()| path.display().to_string(),
        |url| url.path().trim_start_matches('/').to_owned(),
    )
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http() -> Http {
        let endpoint = Endpoint {
            url: "http://127.0.0.1:1".into(),
            username: "opencode".into(),
            password: Some("secret".into()),
        };
        Http::new(endpoint, Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn no_error_and_no_debug_output_shows_the_password() {
        let http = http();
        assert!(!format!("{:?}", http.endpoint()).contains("secret"));
        let error = refusal(
            &http.endpoint().url,
            StatusCode::UNAUTHORIZED,
            &HeaderMap::new(),
            b"",
            "/x",
        );
        assert!(!format!("{error:?}").contains("secret"));
    }
}
