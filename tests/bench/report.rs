//! The figures as Markdown: medians of all rounds, and ratios of figures of the same round.

use std::fs;
use std::process::Command;

use anyhow::Result;

use super::node;
use super::workload::{Figures, Plan};

struct Row {
    name: &'static str,
    of: fn(&Figures) -> f64,
    decimals: usize,
}

const EVENTS: Row = Row {
    name: "events/s, one per write",
    of: |f| f.one_per_write.per_second,
    decimals: 0,
};
const EVENTS_BY_MANY: Row = Row {
    name: "events/s, 32 per write",
    of: |f| f.many_per_write.per_second,
    decimals: 0,
};
const BIG: Row = Row {
    name: "one event of 5 MB, ms",
    of: |f| f.big_event,
    decimals: 1,
};
const CPU: [Row; 4] = [
    Row {
        name: "CPU µs/event, one per write",
        of: |f| f.one_per_write.cpu,
        decimals: 2,
    },
    Row {
        name: "CPU µs/event, 32 per write",
        of: |f| f.many_per_write.cpu,
        decimals: 2,
    },
    Row {
        name: "CPU µs/event at 1,000/s",
        of: |f| f.at_1000.cpu,
        decimals: 1,
    },
    Row {
        name: "CPU µs/event at 5,000/s",
        of: |f| f.at_5000.cpu,
        decimals: 1,
    },
];
const LATENCIES: [Row; 4] = [
    Row {
        name: "latency µs at 1,000/s, p50",
        of: |f| f.at_1000.p50,
        decimals: 0,
    },
    Row {
        name: "latency µs at 1,000/s, p99",
        of: |f| f.at_1000.p99,
        decimals: 0,
    },
    Row {
        name: "latency µs at 5,000/s, p50",
        of: |f| f.at_5000.p50,
        decimals: 0,
    },
    Row {
        name: "latency µs at 5,000/s, p99",
        of: |f| f.at_5000.p99,
        decimals: 0,
    },
];
/// Fewer than one where it merged.
const NOTIFICATIONS: [Row; 2] = [
    Row {
        name: "notifications/event, one per write",
        of: |f| f.one_per_write.notifications_per_event,
        decimals: 3,
    },
    Row {
        name: "notifications/event, 32 per write",
        of: |f| f.many_per_write.notifications_per_event,
        decimals: 3,
    },
];

/// Where, when and what was measured.
pub fn machine(plan: &Plan, rounds: usize) -> Result<String> {
    let cpus = std::thread::available_parallelism()?;
    let model = fs::read_to_string("/proc/cpuinfo")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or_else(|| "unknown CPU".to_owned(), |(_, name)| name.to_owned());
    Ok(format!(
        "{cpus} × {model}, {}, Sidestream {}, Node {} ({}); {rounds} rounds, {} events per \
         throughput run, {:?} per paced run; medians, ratios within a round. \
         Every event's text was delivered; Sidestream joins the texts of a burst into fewer notifications.\n",
        today()?,
        env!("CARGO_PKG_VERSION"),
        node::version()?,
        node::packages()?,
        plan.events,
        plan.paced,
    ))
}

/// One column per contestant, and the first one's ratio to each of the others.
pub fn table(names: &[&str], figures: &[Vec<Figures>]) -> String {
    let mut table = String::from("|");
    for name in names {
        table.push_str(&format!(" | {name}"));
    }
    for name in &names[1..] {
        table.push_str(&format!(" | ÷ {name}"));
    }
    table.push_str(" |\n|---");
    table.push_str(&"|---:".repeat(2 * names.len() - 1));
    table.push_str("|\n");
    let rows = [EVENTS, EVENTS_BY_MANY].into_iter();
    for row in rows
        .chain(LATENCIES)
        .chain(CPU)
        .chain([BIG])
        .chain(NOTIFICATIONS)
    {
        table.push_str(&format!("| {}", row.name));
        for turns in figures {
            let value = median(turns.iter().map(row.of));
            table.push_str(&format!(" | {value:.*}", row.decimals));
        }
        for other in 1..figures.len() {
            let ratio = ratio(&row, figures, other);
            table.push_str(&format!(" | {ratio:.2}"));
        }
        table.push_str(" |\n");
    }
    table
}

/// Whether Sidestream is as good as it is meant to be, beside Node.
pub fn goals(figures: &[Vec<Figures>]) -> String {
    const NODE: usize = 1;
    let many = ratio(&EVENTS, figures, NODE).min(ratio(&EVENTS_BY_MANY, figures, NODE));
    let cpu = CPU
        .iter()
        .map(|row| ratio(row, figures, NODE))
        .fold(0.0, f64::max);
    let big = median(figures[0].iter().map(BIG.of));
    let met = |is_met| if is_met { "met" } else { "missed" };
    format!(
        "- at least 3.5 times Node's events a second: {many:.1}, {}\n\
         - CPU per event at most half of Node's, in every run: {cpu:.2}, {}\n\
         - one event of 5 MB in less than 50 ms: {big:.1}, {}\n",
        met(many >= 3.5),
        met(cpu <= 0.5),
        met(big < 50.0),
    )
}

fn ratio(row: &Row, figures: &[Vec<Figures>], other: usize) -> f64 {
    let pairs = figures[0].iter().zip(&figures[other]);
    median(pairs.map(|(ours, theirs)| (row.of)(ours) / (row.of)(theirs)))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        0 => (values[half - 1] + values[half]) / 2.0,
        _ => values[half],
    }
}

/// As `2026-01-31`, in UTC.
fn today() -> Result<String> {
    let output = Command::new("date").args(["-u", "+%F"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
