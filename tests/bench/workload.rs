//! What a contestant does in its turn, and the figures that come of it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::contestant::{Contestant, Running};
use super::events::{Writer, prose};
use super::fake::chunk;

/// How much of everything.
pub struct Plan {
    pub warm_up: usize,
    pub events: usize,
    pub paced: Duration,
    pub big_events: usize,
    pub big_size: usize,
}

impl Plan {
    pub fn full(events: usize) -> Self {
        Self {
            warm_up: 30_000,
            events,
            paced: Duration::from_secs(3),
            big_events: 5,
            big_size: 5_000_000,
        }
    }

    pub fn quick() -> Self {
        Self {
            warm_up: 5_000,
            paced: Duration::from_millis(500),
            big_events: 2,
            ..Self::full(20_000)
        }
    }
}

/// The figures of one turn.
#[derive(Clone)]
pub struct Figures {
    pub one_per_write: Throughput,
    pub many_per_write: Throughput,
    pub at_1000: Latency,
    pub at_5000: Latency,
    /// Milliseconds, the middle one of several.
    pub big_event: f64,
}

#[derive(Clone)]
pub struct Throughput {
    pub per_second: f64,
    /// Microseconds of processor time per event.
    pub cpu: f64,
    pub notifications_per_event: f64,
}

/// All in microseconds.
#[derive(Clone)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub cpu: f64,
}

/// Events in one write of the second throughput run.
const MANY: usize = 32;

pub fn turn(contestant: &Contestant, plan: &Plan) -> Result<Figures> {
    let directory = tempfile::tempdir()?;
    let directory = directory.path().canonicalize()?;
    let mut running = contestant.start(&directory)?;
    let writer = Writer::new(&directory);
    running.stream.write(&writer.message())?;
    running.stream.write(&writer.part())?;
    let mut turn = Turn {
        running: &mut running,
        writer,
        next: 0,
    };
    // Also Node's compiler has to have seen everything once.
    turn.throughput(plan.warm_up, MANY)?;
    turn.throughput(plan.warm_up / 3, 1)?;
    Ok(Figures {
        one_per_write: turn.throughput(plan.events, 1)?,
        many_per_write: turn.throughput(plan.events, MANY)?,
        at_1000: turn.latency(1_000, plan.paced)?,
        at_5000: turn.latency(5_000, plan.paced)?,
        big_event: turn.big_events(plan.big_events, plan.big_size)?,
    })
}

struct Turn<'a> {
    running: &'a mut Running,
    writer: Writer,
    /// The number of the next event.
    next: usize,
}

impl Turn<'_> {
    /// As fast as it can be written.
    fn throughput(&mut self, events: usize, per_write: usize) -> Result<Throughput> {
        let end = self.next + events;
        let numbers: Vec<usize> = (self.next..end).collect();
        let writes: Vec<Vec<u8>> = numbers
            .chunks(per_write)
            .map(|numbers| {
                let events: String = numbers.iter().map(|n| self.writer.delta(*n)).collect();
                chunk(&events)
            })
            .collect();
        self.next = end;
        let cpu = self.running.cpu()?;
        let began = Instant::now();
        for bytes in writes {
            self.running.stream.write_chunks(&bytes)?;
        }
        let log = self.running.reader.wait_for(|log| log.events >= end)?;
        let cpu = self.running.cpu()? - cpu;
        let Some((_, last)) = log.arrivals.last() else {
            bail!("nothing came");
        };
        let events = events as f64;
        Ok(Throughput {
            per_second: events / last.duration_since(began).as_secs_f64(),
            cpu: cpu as f64 / 1e3 / events,
            notifications_per_event: log.notifications as f64 / events,
        })
    }

    /// One event after another, so many a second.
    fn latency(&mut self, rate: u32, length: Duration) -> Result<Latency> {
        let first = self.next;
        let events = (f64::from(rate) * length.as_secs_f64()) as usize;
        self.next += events;
        let writes: Vec<Vec<u8>> = (first..self.next)
            .map(|number| chunk(&self.writer.delta(number)))
            .collect();
        let mut sent = Vec::with_capacity(events);
        let cpu = self.running.cpu()?;
        let mut due = Instant::now();
        for bytes in &writes {
            due += Duration::from_secs(1) / rate;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            sent.push(Instant::now());
            self.running.stream.write_chunks(bytes)?;
        }
        let end = self.next;
        let log = self.running.reader.wait_for(|log| log.events >= end)?;
        let cpu = self.running.cpu()? - cpu;
        let mut latencies = Vec::with_capacity(events);
        for (up_to, came) in &log.arrivals {
            while latencies.len() < up_to - first {
                let took = came.duration_since(sent[latencies.len()]);
                latencies.push(took.as_secs_f64() * 1e6);
            }
        }
        latencies.sort_by(f64::total_cmp);
        Ok(Latency {
            p50: latencies[events / 2],
            p99: latencies[events * 99 / 100],
            cpu: cpu as f64 / 1e3 / events as f64,
        })
    }

    /// A part of several megabytes, one at a time.
    fn big_events(&mut self, count: usize, size: usize) -> Result<f64> {
        let text = prose(size);
        let mut took = Vec::new();
        for number in 0..count {
            let bytes = chunk(&self.writer.big_part(number, &text));
            let began = Instant::now();
            self.running.stream.write_chunks(&bytes)?;
            let is_it = |(length, _): &&(usize, Instant)| *length == size;
            let log = self
                .running
                .reader
                .wait_for(|log| log.parts.iter().any(|part| is_it(&part)))?;
            if let Some((_, came)) = log.parts.iter().find(is_it) {
                took.push(came.duration_since(began).as_secs_f64() * 1e3);
            }
        }
        took.sort_by(f64::total_cmp);
        Ok(took[took.len() / 2])
    }
}
