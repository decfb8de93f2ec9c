//! The generation of OpenCode that tests run against: 1.x, or with `OPENCODE_GENERATION=2` the other.

use std::fs::OpenOptions;
use std::io::Write;
use std::{env, thread};

use sidestream::instance::find;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    One,
    Two,
}

/// The one under test.
///
/// # Panics
/// The variable names none.
#[must_use]
pub fn generation() -> Generation {
    match env::var("OPENCODE_GENERATION").as_deref() {
        Err(_) | Ok("1") => Generation::One,
        Ok("2") => Generation::Two,
        Ok(other) => panic!("OPENCODE_GENERATION={other} is neither 1 nor 2"),
    }
}

impl Generation {
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::One => find::PINNED_VERSION,
            Self::Two => find::PINNED_VERSION_2,
        }
    }

    /// The name of the tool that runs commands.
    #[must_use]
    pub fn shell(self) -> &'static str {
        match self {
            Self::One => "bash",
            Self::Two => "shell",
        }
    }
}

/// Whether the test has nothing to say of this generation. The reason is printed and, for the table
/// of tests by version, added to the file that `OPENCODE_REASONS` names.
///
/// # Panics
/// That file cannot be written.
#[must_use]
#[expect(clippy::print_stdout, reason = "it is the test's result")]
pub fn is_not_for(left_out: Generation, why: &str) -> bool {
    if generation() != left_out {
        return false;
    }
    println!("not for {}: {why}", left_out.version());
    if let Some(path) = env::var_os("OPENCODE_REASONS") {
        let test = thread::current().name().unwrap_or("?").to_owned();
        let line = format!("{test}\t{}\t{why}\n", left_out.version());
        let reasons = OpenOptions::new().append(true).create(true).open(path);
        let written = reasons.and_then(|mut file| file.write_all(line.as_bytes()));
        written.expect("the reasons can be kept");
    }
    true
}
