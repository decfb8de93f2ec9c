//! Where sessions are published to is on the internet: this stands in for it.

use axum::routing::{delete, post};
use axum::{Json, Router};
use serde_json::{Value, json};

pub const URL: &str = "https://share.example/s/abc";

/// A configuration of OpenCode's that publishes to a host of ours, which stays as long as the
/// runtime does.
///
/// # Panics
/// The configuration is no JSON, or there is no port.
pub async fn allow(config: &str) -> String {
    let routes = Router::new()
        .route(
            "/api/share",
            post(async || Json(json!({"id": "s", "url": URL, "secret": "x"}))),
        )
        .route("/api/share/s", delete(async || Json(json!({}))))
        .route("/api/share/s/sync", post(async || Json(json!({}))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let mut config: Value = serde_json::from_str(config).expect("a configuration");
    config["share"] = json!("manual");
    config["enterprise"] = json!({"url": format!("http://{address}")});
    config.to_string()
}
