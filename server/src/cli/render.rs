//! What a conversation looks like in a terminal, and in a pipe.
//!
//! The reply goes to standard output as it arrives; everything about it goes to standard error.
//! On a terminal a running tool is one line with a spinner; in a pipe it is one plain line when it
//! starts and one when it ends.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};

use crate::protocol::{PartId, ToolKind, ToolPart, ToolStatus};

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

pub struct Screen {
    mode: Mode,
    colours: bool,
    /// Reply text so far, to print only what is new of a part that is told as a whole.
    printed: HashMap<PartId, String>,
    /// The last character printed was not a line break.
    mid_line: bool,
    running: Vec<(PartId, String)>,
    /// The spinner's line is on the screen.
    spinning: bool,
    frame: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Terminal,
    Pipe,
    /// The protocol's notifications, one a line, and nothing else on standard output.
    Json,
}

/// How a piece of the reply is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    Speaking,
    Thinking,
}

impl Screen {
    #[must_use]
    pub fn new(json: bool) -> Self {
        let terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self {
            mode: match (json, terminal) {
                (true, _) => Mode::Json,
                (false, true) => Mode::Terminal,
                (false, false) => Mode::Pipe,
            },
            colours: io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            printed: HashMap::new(),
            mid_line: false,
            running: Vec::new(),
            spinning: false,
            frame: 0,
        }
    }

    /// A notification as it came.
    pub fn raw(&mut self, json: &str) -> io::Result<()> {
        if self.mode == Mode::Json {
            writeln!(io::stdout(), "{json}")?;
        }
        Ok(())
    }

    /// The whole text of a part, of which some may be on the screen already.
    pub fn whole(&mut self, part: &PartId, text: &str, voice: Voice) -> io::Result<()> {
        let known = self.printed.get(part).map_or("", String::as_str);
        match text.strip_prefix(known) {
            Some(new) => {
                let new = new.to_owned();
                self.append(part, &new, voice)
            }
            None => {
                // It has turned out different, as after a lost connection: once more, whole.
                self.break_line()?;
                self.printed.insert(part.clone(), String::new());
                self.append(part, text, voice)
            }
        }
    }

    /// Text that was added to a part.
    pub fn append(&mut self, part: &PartId, text: &str, voice: Voice) -> io::Result<()> {
        if text.is_empty() || self.mode == Mode::Json {
            return Ok(());
        }
        self.clear_spinner()?;
        let known = self.printed.entry(part.clone()).or_default();
        let begins = known.is_empty();
        known.push_str(text);
        if begins {
            self.break_line()?;
        }
        let mut out = io::stdout().lock();
        match voice {
            Voice::Thinking if self.mode == Mode::Terminal => {
                write!(out, "\x1b[2m{}\x1b[22m", harmless(text))?;
            }
            _ if self.mode == Mode::Terminal => write!(out, "{}", harmless(text))?,
            _ => write!(out, "{text}")?,
        }
        out.flush()?;
        self.mid_line = !text.ends_with('\n');
        Ok(())
    }

    /// A tool in its present state.
    pub fn tool(&mut self, part: &PartId, tool: &ToolPart) -> io::Result<()> {
        let shown = self.running.iter().position(|(id, _)| id == part);
        match tool.status {
            // Before it runs its arguments are not known.
            ToolStatus::Pending => Ok(()),
            ToolStatus::Running => {
                match shown {
                    Some(at) => tool.summary.clone_into(&mut self.running[at].1),
                    None => {
                        self.running.push((part.clone(), tool.summary.clone()));
                        if self.mode == Mode::Pipe {
                            self.line(&format!("… {}", tool.summary))?;
                        }
                    }
                }
                self.spin()
            }
            ToolStatus::Completed | ToolStatus::Error | ToolStatus::Interrupted => {
                if let Some(at) = shown {
                    self.running.remove(at);
                } else if self.printed.contains_key(part) {
                    return Ok(());
                }
                self.printed.insert(part.clone(), String::new());
                self.line(&ended(tool))
            }
        }
    }

    /// A line about what happens.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.clear_spinner()?;
        self.break_line()?;
        let mut err = io::stderr().lock();
        if self.colours {
            writeln!(err, "\x1b[2m{}\x1b[22m", harmless(text))?;
        } else {
            writeln!(err, "{}", harmless(text))?;
        }
        Ok(())
    }

    /// Something that the user has to read or answer; the cursor stays behind it.
    pub fn ask(&mut self, text: &str) -> io::Result<()> {
        self.clear_spinner()?;
        self.break_line()?;
        let mut err = io::stderr().lock();
        write!(err, "{}", harmless(text))?;
        self.mid_line = self.mode == Mode::Terminal;
        err.flush()
    }

    /// An answer that was not typed here, so that the record of the conversation has it.
    pub fn answered(&mut self, line: &str) -> io::Result<()> {
        // Whoever answers in a terminal ends the line there.
        self.mid_line = false;
        if io::stdin().is_terminal() {
            return Ok(());
        }
        writeln!(io::stderr(), "{}", harmless(line))
    }

    /// The next picture of the spinner.
    pub fn spin(&mut self) -> io::Result<()> {
        let Some((_, summary)) = self.running.last() else {
            return Ok(());
        };
        if self.mode != Mode::Terminal || (self.mid_line && !self.spinning) {
            if self.mode == Mode::Terminal {
                self.break_line()?;
                return self.spin();
            }
            return Ok(());
        }
        let mut err = io::stderr().lock();
        write!(
            err,
            "\r\x1b[2K{} {}",
            SPINNER[self.frame],
            harmless(summary)
        )?;
        err.flush()?;
        self.frame = (self.frame + 1) % SPINNER.len();
        self.spinning = true;
        Ok(())
    }

    /// Ends a line of the reply that was begun.
    pub fn break_line(&mut self) -> io::Result<()> {
        if self.mid_line {
            let mut out = io::stdout().lock();
            writeln!(out)?;
            out.flush()?;
            self.mid_line = false;
        }
        Ok(())
    }

    fn clear_spinner(&mut self) -> io::Result<()> {
        if self.spinning {
            write!(io::stderr(), "\r\x1b[2K")?;
            self.spinning = false;
        }
        Ok(())
    }
}

/// The line of a tool that has ended; a command's answer of one short line goes with it.
fn ended(tool: &ToolPart) -> String {
    let summary = &tool.summary;
    match tool.status {
        ToolStatus::Error => {
            let error = tool.error.as_deref().unwrap_or("it failed");
            let first = error.lines().next().unwrap_or_default();
            format!("✗ {summary}: {first}")
        }
        ToolStatus::Interrupted => format!("✗ {summary}: interrupted"),
        _ => {
            let output = tool.output.as_deref().unwrap_or_default().trim();
            let is_short = !output.is_empty() && !output.contains('\n') && output.len() <= 60;
            if tool.kind == ToolKind::Shell && is_short {
                format!("✓ {summary} → {output}")
            } else {
                format!("✓ {summary}")
            }
        }
    }
}

/// Text from a model or a tool must not steer the terminal.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_and_not_run() {
        assert_eq!(harmless("a\x1b[2Jb\n\tc"), "a\u{fffd}[2Jb\n\tc");
    }
}
