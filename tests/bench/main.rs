//! What Sidestream costs between an event on the wire and a notification in the editor's hands,
//! beside the same work in Node and beside a floor without any runtime.
//!
//! All contestants are child processes that read the same stream of the same fake server and
//! write the same notifications; they take turns, so that a machine's mood hits all alike. Trust
//! the ratios more than the numbers.

#![allow(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]

mod contestant;
mod decoders;
mod events;
mod fake;
mod floor;
mod node;
mod reader;
mod report;
mod workload;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Parser;

use contestant::Contestant;
use workload::{Figures, Plan};

/// Events a second, added latency and CPU per event, from the stream to standard output.
#[derive(Parser)]
struct Arguments {
    /// How often every contestant has its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Events of one throughput run.
    #[arg(long, default_value_t = 200_000)]
    events: usize,
    /// One short round, to see that all works.
    #[arg(long)]
    quick: bool,
    /// Another build of Sidestream to run beside this one.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Only these two builds.
    #[arg(long, requires = "against")]
    builds_only: bool,
    /// Only the table of stream decoders.
    #[arg(long)]
    decoders_only: bool,
    /// Be the floor, for this server.
    #[arg(long, hide = true)]
    floor: Option<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(address) = &arguments.floor {
        return floor::run(address);
    }
    if !arguments.decoders_only {
        compare(&arguments)?;
    }
    if !arguments.builds_only {
        println!("{}", decoders::measure(arguments.quick)?);
    }
    Ok(())
}

fn compare(arguments: &Arguments) -> Result<()> {
    let (plan, rounds) = if arguments.quick {
        (Plan::quick(), 1)
    } else {
        (Plan::full(arguments.events), arguments.rounds.max(1))
    };
    let mut contestants = vec![Contestant::sidestream("Sidestream", &build()?)];
    if !arguments.builds_only {
        let floor = [
            std::env::current_exe()?.display().to_string(),
            "--floor".into(),
        ];
        contestants.push(Contestant::plain("Node", &node::command()?));
        contestants.push(Contestant::plain("floor", &floor));
    }
    if let Some(other) = &arguments.against {
        contestants.push(Contestant::sidestream("other build", other));
    }
    let mut figures: Vec<Vec<Figures>> = vec![Vec::new(); contestants.len()];
    for round in 1..=rounds {
        for (contestant, figures) in contestants.iter().zip(&mut figures) {
            tell_progress(round, rounds, &contestant.name);
            let turn = workload::turn(contestant, &plan)
                .with_context(|| format!("{} in round {round}", contestant.name))?;
            figures.push(turn);
        }
    }
    let names: Vec<&str> = contestants.iter().map(|c| c.name.as_str()).collect();
    println!("{}", report::machine(&plan, rounds)?);
    println!("{}", report::table(&names, &figures));
    if !arguments.builds_only {
        println!("{}", report::goals(&figures));
    }
    Ok(())
}

/// Builds what is measured, where this program was built.
fn build() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .context("this program is in no target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--package", "sidestream"])
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status()
        .context("cargo was not started")?;
    if !built.success() {
        bail!("Sidestream was not built");
    }
    Ok(target.join("release/sidestream"))
}

#[allow(
    clippy::print_stderr,
    reason = "the tables are alone on standard output"
)]
fn tell_progress(round: usize, rounds: usize, name: &str) {
    eprintln!("round {round} of {rounds}: {name}");
}
