//! `sidestream guard`: the parent of an OpenCode server, which outlives its own parent just long
//! enough to end what was started.
//!
//! OpenCode does not die with its parent, and the tools it runs do not die with it (v1 contract,
//! §1): they have process groups of their own. So this small process holds the read end of a pipe.
//! When the pipe closes, however that came about, it disposes the server, which ends its tools,
//! then terminates and kills it, and at last kills every process left over: as a subreaper it
//! inherits the orphans. It never stops a server that it did not start.

use std::fs;
use std::io::Write;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::opencode::http::{Endpoint, Http};

/// The first line of the guard's output: this and the server's process id.
pub const PID_LINE: &str = "sidestream-guard: server process ";

/// All of them together stay below the 3 s after which nothing may be left.
const DISPOSE_LIMIT: Duration = Duration::from_millis(1_500);
const TERMINATE_LIMIT: Duration = Duration::from_millis(500);

/// How a server is asked to end itself and its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By a request (1.x).
    Dispose,
    /// By the end of its standard input (2.x).
    Stdin,
}

/// Runs the command, ends with it, and ends it when standard input closes. The one line that is
/// read from there is the server's URL, for the dispose.
///
/// # Errors
/// The command could not be started.
pub async fn run(command: &[String], ending: Ending) -> Result<ExitCode> {
    adopt_orphans()?;
    let mut child = start(command, ending)?;
    let pid = child.id().context("the server has ended already")?;
    // Apart from the child, because to wait for it would close it.
    let stdin = child.stdin.take();
    // Standard output is the server's from here on; the parent tells this line by its words.
    #[expect(clippy::print_stdout, reason = "this process is not the stdio server")]
    {
        println!("{PID_LINE}{pid}");
        std::io::stdout().flush()?;
    }

    let (url_told, url) = watch::channel(None);
    tokio::select! {
        status = child.wait() => {
            let status = status?;
            end_orphans();
            return Ok(status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from));
        }
        () = until_closed(url_told) => {}
    }
    let url = url.borrow().clone();
    end(&mut child, stdin, url).await;
    end_orphans();
    Ok(ExitCode::SUCCESS)
}

fn start(command: &[String], ending: Ending) -> Result<Child> {
    let (program, args) = command.split_first().context("nothing to run")?;
    let mut command = Command::new(program);
    command.args(args).stdin(match ending {
        Ending::Dispose => Stdio::null(),
        Ending::Stdin => Stdio::piped(),
    });
    die_with_parent(&mut command);
    command
        .spawn()
        .with_context(|| format!("{program} did not start"))
}

/// Reads the server's URL, then waits until nobody holds the other end any more.
async fn until_closed(url: watch::Sender<Option<String>>) {
    let mut lines = BufReader::new(stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        url.send_replace(Some(line));
    }
}

async fn end(child: &mut Child, stdin: Option<ChildStdin>, url: Option<String>) {
    if let Some(stdin) = stdin {
        drop(stdin);
        if timeout(DISPOSE_LIMIT, child.wait()).await.is_ok() {
            return;
        }
    } else if let Some(url) = url {
        // A server that is stuck or gone: what follows does not need its help.
        if timeout(DISPOSE_LIMIT, dispose(url)).await.is_err() {
            tracing::debug!("the server did not dispose in time");
        }
    }
    signal(child.id(), Signal::TERM);
    if timeout(TERMINATE_LIMIT, child.wait()).await.is_err() {
        signal(child.id(), Signal::KILL);
        if let Err(error) = child.wait().await {
            tracing::warn!("the server's end was not seen: {error}");
        }
    }
}

async fn dispose(url: String) {
    let endpoint = Endpoint {
        url,
        username: std::env::var("OPENCODE_SERVER_USERNAME").unwrap_or_else(|_| "opencode".into()),
        password: std::env::var("OPENCODE_SERVER_PASSWORD").ok(),
    };
    let disposed = match Http::new(endpoint, DISPOSE_LIMIT) {
        Ok(http) => http
            .post("/global/dispose", &[], &serde_json::json!({}))
            .await
            .map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = disposed {
        tracing::debug!("the server did not dispose: {error}");
    }
}

fn signal(pid: Option<u32>, signal: Signal) {
    if let Some(pid) = pid.and_then(to_pid)
        && let Err(error) = kill_process(pid, signal)
    {
        tracing::debug!("process {pid:?} was gone already: {error}");
    }
}

fn to_pid(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

#[cfg(target_os = "linux")]
fn adopt_orphans() -> Result<()> {
    // Only that it is set matters, not to what.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() -> Result<()> {
    Ok(())
}

/// Should the guard itself be killed, its server at least goes with it.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "there is no other way to run code between fork and exec"
)]
fn die_with_parent(command: &mut Command) {
    // SAFETY: the closure makes one system call and allocates nothing, which is what a forked
    // child may do.
    unsafe {
        command.pre_exec(|| {
            rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command) {}

/// Kills what the server left behind. Each round kills the children of this process; their own
/// children become ours and are seen in the next round.
fn end_orphans() {
    let me = std::process::id();
    for _ in 0..50 {
        let orphans = children_of(me);
        if orphans.is_empty() {
            return;
        }
        for orphan in &orphans {
            signal(Some(*orphan), Signal::KILL);
        }
        // Killed children stay listed until they are waited for, which takes no time.
        for pid in orphans.into_iter().filter_map(to_pid) {
            if let Err(error) = waitpid(Some(pid), WaitOptions::empty()) {
                tracing::debug!("process {pid:?} was waited for already: {error}");
            }
        }
    }
}

/// From `/proc`, which other systems than Linux have not: there, nothing is found.
fn children_of(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

/// The fourth field of `/proc/PID/stat`; the second, the name, may itself hold blanks and brackets.
fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_parent_of_this_process_is_found() {
        let me = std::process::id();
        assert_eq!(parent_of(me), Some(std::os::unix::process::parent_id()));
    }
}
