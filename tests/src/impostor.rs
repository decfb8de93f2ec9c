//! What is no OpenCode server.

use axum::Router;
use axum::response::Html;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Answers a web page to everything.
pub struct WebSite {
    pub url: String,
    server: JoinHandle<()>,
}

impl WebSite {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let routes = Router::new().fallback(async || Html("<html>Welcome</html>"));
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it serves");
        });
        Self { url, server }
    }
}

impl Drop for WebSite {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An address where nobody listens.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    format!("http://{}", listener.local_addr().expect("its address"))
}
