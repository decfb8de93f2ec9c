//! A bad line to a good server: it can be cut, go silent, or be refused for a while.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
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
                let pass = |from, to| pass(from, to, now.generation, lines.subscribe());
                tokio::spawn(pass(near_in, far_out));
                tokio::spawn(pass(far_in, near_out));
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

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    born: u64,
    mut line: watch::Receiver<Line>,
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
                Ok(count) => if to.write_all(&bytes[..count]).await.is_err() {
                    return;
                },
            },
            changed = line.changed() => if changed.is_err() {
                return;
            },
        }
    }
}
