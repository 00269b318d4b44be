//! What was measured, compared: for people and as JSON.

use std::time::Duration;

use serde::Serialize;

use crate::failure::{Failure, Result};

/// One way and the times that it took.
pub(crate) struct Row {
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) times: Vec<Duration>,
}

#[derive(Serialize)]
pub(crate) struct Table {
    bench: &'static str,
    count: u32,
    runs: usize,
    machine: Machine,
    ways: Vec<Measured>,
    compared: Vec<Compared>,
}

#[derive(Serialize)]
pub(crate) struct Machine {
    kernel: String,
    cpus: usize,
    processor: String,
    /// How much else it had to do over the last minute when the bench ended: its own work and others'.
    load: f32,
    /// Whether this program, and with it the bare system calls, was built for speed.
    optimized: bool,
}

#[derive(Serialize)]
struct Measured {
    kind: &'static str,
    way: String,
    seconds: Vec<f64>,
    median: f64,
    /// How long it takes, where nslab takes 1.
    ratio: f64,
}

/// nslab and the fastest way of a kind.
#[derive(Serialize)]
struct Compared {
    with: &'static str,
    way: String,
    ratio: f64,
}

impl Table {
    /// The first row is nslab's.
    pub(crate) fn new(bench: &'static str, count: u32, rows: Vec<Row>, kinds: &[&'static str]) -> Result<Self> {
        let none = || Failure::new("nothing was measured");
        let base = rows.first().and_then(|row| median(&row.times)).ok_or_else(none)?;
        let runs = rows.first().map_or(0, |row| row.times.len());
        let mut ways = Vec::new();
        for Row { kind, title, times } in rows {
            let median = median(&times).ok_or_else(none)?;
            let seconds = times.iter().map(Duration::as_secs_f64).collect();
            ways.push(Measured { kind, way: title, seconds, median, ratio: median / base });
        }
        let fastest = |kind: &&'static str| {
            let of_kind = ways.iter().filter(|way| way.kind == *kind);
            let way = of_kind.min_by(|a, b| a.median.total_cmp(&b.median))?;
            Some(Compared { with: way.kind, way: way.way.clone(), ratio: way.ratio })
        };
        let compared = kinds.iter().filter_map(fastest).collect();
        Ok(Self { bench, count, runs, machine: Machine::this(), ways, compared })
    }

    pub(crate) fn print(&self) -> Result<()> {
        let Self { bench, count, runs, machine, .. } = self;
        let s = if *runs == 1 { "" } else { "s" };
        println!("{count} {bench}, medians of {runs} run{s}; {machine}");
        println!();
        let width = self.ways.iter().map(|way| way.way.len()).max().unwrap_or(0);
        println!(
            "{:width$}  {:>9}  {:>9}  {:>9}  {:>9}  {:>6}",
            "way", "median", "fastest", "slowest", "each", "ratio"
        );
        for way in &self.ways {
            let fastest = way.seconds.iter().copied().fold(f64::INFINITY, f64::min);
            let slowest = way.seconds.iter().copied().fold(0.0, f64::max);
            let each = way.median * 1e3 / f64::from(*count);
            println!(
                "{:width$}  {:>7.3} s  {fastest:>7.3} s  {slowest:>7.3} s  {each:>6.2} ms  {:>6.2}",
                way.way, way.median, way.ratio
            );
        }
        println!();
        let nslab = self.ways.first().map_or("nslab", |way| way.way.as_str());
        for Compared { way, ratio, .. } in &self.compared {
            if *ratio < 1.0 {
                println!("{nslab} takes {:.2} times as long as: {way}", 1.0 / ratio);
            } else {
                println!("{nslab} is {ratio:.1} times as fast as: {way}");
            }
        }
        Ok(())
    }
}

/// Prints what was measured for programs to read.
pub(crate) fn print_json(measured: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(measured).map_err(|error| Failure::new(error.to_string()))?;
    println!("{text}");
    Ok(())
}

impl Machine {
    pub(crate) fn this() -> Self {
        let system = rustix::system::uname();
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            kernel: system.release().to_string_lossy().into_owned(),
            cpus: std::thread::available_parallelism().map_or(0, usize::from),
            processor: model.map_or_else(|| system.machine().to_string_lossy().into_owned(), |(_, name)| name.into()),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
            optimized: !cfg!(debug_assertions),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kernel, cpus, processor, load, optimized } = self;
        write!(f, "Linux {kernel}, {cpus} CPUs ({processor}), load {load}")?;
        if *optimized { Ok(()) } else { f.write_str("; built without --release") }
    }
}

/// In seconds; of an even number of times, the mean of the middle two.
pub(crate) fn median(times: &[Duration]) -> Option<f64> {
    let mut sorted: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        let median = |seconds: &[u64]| median(&seconds.iter().copied().map(Duration::from_secs).collect::<Vec<_>>());
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7]), Some(7.0));
        assert_eq!(median(&[9, 1, 2]), Some(2.0));
        assert_eq!(median(&[9, 1, 2, 4]), Some(3.0));
    }
}
