//! Other processes, as `/proc` shows them.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{sleep, timeout};

/// What the project promises: so long after its end, nothing of it is left.
const NOTHING_LEFT_AFTER: Duration = Duration::from_secs(3);

/// The environment that a process was started with; empty for one that has ended.
pub fn environment_of(pid: u32) -> HashMap<String, String> {
    let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .split('\0')
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Arguments included; empty for one that has ended.
pub fn command_line(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// All that run, and not this one.
pub fn all() -> Vec<u32> {
    fs::read_dir("/proc")
        .expect("/proc is there")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .collect()
}

/// Those that inherited a variable with this value.
pub fn with_variable(name: &str, value: &str) -> Vec<u32> {
    let has = |pid: &u32| environment_of(*pid).get(name).is_some_and(|v| v == value);
    all().into_iter().filter(has).collect()
}

pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

pub fn interrupt(pid: u32) {
    signal(pid, Signal::INT);
}

pub fn terminate(pid: u32) {
    signal(pid, Signal::TERM);
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let sent = kill_process(pid.expect("a process id"), signal);
    // One that has ended meanwhile is as it should be.
    assert!(matches!(sent, Ok(()) | Err(Errno::SRCH)), "{sent:?}");
}

/// Looks again and again: nobody tells when other processes come and go.
pub async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until `find` finds no process.
///
/// # Panics
/// After 3 s there still is one.
pub async fn all_gone(find: impl Fn() -> Vec<u32>) {
    let gone = timeout(NOTHING_LEFT_AFTER, until(|| find().is_empty()));
    if gone.await.is_err() {
        let left: Vec<String> = find().into_iter().map(command_line).collect();
        assert!(left.is_empty(), "still there after 3 s: {left:#?}");
    }
}
