//! The generation of OpenCode that tests run against: 1.x, or with `OPENCODE_GENERATION=2` the other.

use std::env;

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

/// Whether the test has nothing to say of this generation, which is said with the reason.
#[must_use]
#[expect(clippy::print_stdout, reason = "it is the test's result")]
pub fn is_not_for(left_out: Generation, why: &str) -> bool {
    let is_left_out = generation() == left_out;
    if is_left_out {
        println!("not for {}: {why}", left_out.version());
    }
    is_left_out
}
