//! A bad line to a good server: it can be cut, go silent, or be refused for a while.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

pub struct Proxy {
    pub url: String,
    line: Arc<watch::Sender<Line>>,
    listening: JoinHandle<()>,
}

/// How the line is. Connections live in the generation in which they were made.
#[derive(Clone, Copy, Default)]
struct Line {
    /// Connections of an older generation than this are cut.
    cut: u64,
    /// Connections of an older generation than this pass nothing on.
    silent: u64,
    generation: u64,
    refused: bool,
    /// The next request for a path that ends so arrives, and its answer does not.
    loses_answer_to: Option<&'static str>,
}

impl Proxy {
    /// In front of the server with this URL.
    pub async fn before(url: &str) -> Self {
        let target = url
            .strip_prefix("http://")
            .expect("a plain address")
            .to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let line = Arc::new(watch::Sender::new(Line::default()));
        let lines = line.clone();
        let listening = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let now = *lines.borrow();
                if now.refused {
                    continue;
                }
                let Ok(far) = TcpStream::connect(&target).await else {
                    continue;
                };
                let (near_in, near_out) = near.into_split();
                let (far_in, far_out) = far.into_split();
                let deaf = Arc::new(Notify::new());
                let asks = Asks {
                    line: lines.clone(),
                    deaf: deaf.clone(),
                };
                let pass = |from, to, asks| pass(from, to, now.generation, lines.subscribe(), asks);
                tokio::spawn(pass(near_in, far_out, Some(asks)));
                let answers = pass(far_in, near_out, None);
                tokio::spawn(async move {
                    tokio::select! {
                        () = answers => {}
                        () = deaf.notified() => {}
                    }
                });
            }
        });
        Self {
            url,
            line,
            listening,
        }
    }

    /// Closes all connections; new ones are welcome.
    pub fn cut(&self) {
        self.line.send_modify(|line| {
            line.generation += 1;
            line.cut = line.generation;
        });
    }

    /// Nothing passes by the present connections any more, and they stay open.
    pub fn go_silent(&self) {
        self.line.send_modify(|line| {
            line.generation += 1;
            line.silent = line.generation;
        });
    }

    /// The next request for a path that ends so reaches the server, but its answer does not come back;
    /// other connections are as they were.
    pub fn lose_answer_to(&self, path_end: &'static str) {
        self.line
            .send_modify(|line| line.loses_answer_to = Some(path_end));
    }

    /// Closes all connections, and new ones too until [`Proxy::accept`].
    pub fn refuse(&self) {
        self.cut();
        self.line.send_modify(|line| line.refused = true);
    }

    pub fn accept(&self) {
        self.line.send_modify(|line| line.refused = false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

/// What a connection's requests need to lose an answer.
struct Asks {
    line: Arc<watch::Sender<Line>>,
    deaf: Arc<Notify>,
}

impl Asks {
    /// Whether the answer to this piece of a request is to be lost.
    fn loses_answer(&self, bytes: &[u8]) -> bool {
        self.line.send_if_modified(|line| {
            let first = String::from_utf8_lossy(bytes);
            let path = first.split_whitespace().nth(1).unwrap_or_default();
            let path = path.split('?').next().unwrap_or_default();
            let is_meant = line
                .loses_answer_to
                .is_some_and(|end| first.starts_with("POST ") && path.ends_with(end));
            if is_meant {
                line.loses_answer_to = None;
            }
            is_meant
        })
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    born: u64,
    mut line: watch::Receiver<Line>,
    asks: Option<Asks>,
) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let now = *line.borrow_and_update();
        if born < now.cut {
            return;
        }
        tokio::select! {
            read = from.read(&mut bytes), if born >= now.silent => match read {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    let asks = asks.as_ref().filter(|asks| asks.loses_answer(&bytes[..count]));
                    if let Some(asks) = asks {
                        asks.deaf.notify_one();
                    }
                    if to.write_all(&bytes[..count]).await.is_err() {
                        return;
                    }
                    if asks.is_some() {
                        // The server's side stays open: it may work at the request.
                        while line.changed().await.is_ok() && born >= line.borrow_and_update().cut {}
                        return;
                    }
                }
            },
            changed = line.changed() => if changed.is_err() {
                return;
            },
        }
    }
}
