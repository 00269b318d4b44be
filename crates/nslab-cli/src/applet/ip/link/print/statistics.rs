//! What `-statistics` adds to a link: a table of counters, or of two each way when it is given twice.

use nslab::ops::link::{Link, Statistics};
use nslab::wire::consts::IFLA_CARRIER_CHANGES;

use crate::applet::ip::print::Printer;
use crate::applet::ip::session::Session;

/// A counter: its JSON name, the head of its column, its value.
type Counter = (&'static str, &'static str, u64);

/// The least widths of the columns.
const WIDTHS: [usize; 7] = [10, 7, 6, 7, 7, 7, 10];

/// The column behind those that errors share with the other counters.
const ERRORS_END: usize = 6;

/// One way: its name, the counters always shown and those of `-s -s`, which begin in the second column.
struct Way {
    word: &'static str,
    key: &'static str,
    main: [Counter; 6],
    /// A column that has a head where there is something to show.
    last: Counter,
    errors: [Option<Counter>; 7],
    /// The same as JSON has them: what is missed and what is over change places.
    json_main: [Counter; 6],
    json_errors: [Option<Counter>; 7],
}

pub(super) fn print(session: &mut Session, link: &Link<'_>) {
    let Some(all) = link.statistics() else { return };
    let changes = link.attribute(IFLA_CARRIER_CHANGES).and_then(|changes| changes.u32());
    let ways = [received(&all), sent(&all, changes)];
    let errors = session.options.statistics > 1;
    if session.print.is_json() {
        json(&mut session.print, &ways, errors);
        return;
    }
    let scale = match (session.options.human_readable, session.options.iec) {
        (false, _) => Scale::Plain,
        (true, false) => Scale::Thousands,
        (true, true) => Scale::Iec,
    };
    let widths = widths(&ways, errors, scale);
    let lines = ways.iter().flat_map(|way| table(way, errors, scale, &widths));
    for (at, line) in lines.enumerate() {
        if at > 0 {
            session.print.line_end();
        }
        session.print.text(line);
    }
}

fn received(all: &Statistics) -> Way {
    let bytes = ("bytes", "bytes", all.rx_bytes);
    let packets = ("packets", "packets", all.rx_packets);
    let errors = ("errors", "errors", all.rx_errors);
    let dropped = ("dropped", "dropped", all.rx_dropped);
    let missed = ("missed_errors", "missed", all.rx_missed_errors);
    let over = ("over_errors", "overrun", all.rx_over_errors);
    let multicast = ("multicast", "mcast", all.multicast);
    let [length, crc, frame, fifo] = [
        ("length_errors", "length", all.rx_length_errors),
        ("crc_errors", "crc", all.rx_crc_errors),
        ("frame_errors", "frame", all.rx_frame_errors),
        ("fifo_errors", "fifo", all.rx_fifo_errors),
    ]
    .map(Some);
    let seen = |counter: Counter| Some(counter).filter(|(.., value)| *value != 0);
    let nobodys = seen(("nohandler", "nohandler", all.rx_nohandler));
    let others = seen(("otherhost", "otherhost", all.rx_otherhost_dropped));
    Way {
        word: "RX",
        key: "rx",
        main: [bytes, packets, errors, dropped, missed, multicast],
        last: ("compressed", "compressed", all.rx_compressed),
        errors: [length, crc, frame, fifo, Some(over), nobodys, others],
        json_main: [bytes, packets, errors, dropped, over, multicast],
        json_errors: [length, crc, frame, fifo, Some(missed), nobodys, others],
    }
}

fn sent(all: &Statistics, changes: Option<u32>) -> Way {
    let main = [
        ("bytes", "bytes", all.tx_bytes),
        ("packets", "packets", all.tx_packets),
        ("errors", "errors", all.tx_errors),
        ("dropped", "dropped", all.tx_dropped),
        ("carrier_errors", "carrier", all.tx_carrier_errors),
        ("collisions", "collsns", all.collisions),
    ];
    let errors = [
        Some(("aborted_errors", "aborted", all.tx_aborted_errors)),
        Some(("fifo_errors", "fifo", all.tx_fifo_errors)),
        Some(("window_errors", "window", all.tx_window_errors)),
        Some(("heartbeat_errors", "heartbt", all.tx_heartbeat_errors)),
        changes.map(|changes| ("carrier_changes", "transns", u64::from(changes))),
        None,
        None,
    ];
    Way {
        word: "TX",
        key: "tx",
        main,
        last: ("compressed", "compressed", all.tx_compressed),
        errors,
        json_main: main,
        json_errors: errors,
    }
}

fn json(print: &mut Printer, ways: &[Way], errors: bool) {
    print.begin_object("stats64");
    for way in ways {
        print.begin_object(way.key);
        let last = Some(way.last).filter(|(.., value)| *value != 0);
        let more = way.json_errors.iter().flatten().filter(|_| errors);
        for (key, _, value) in way.json_main.iter().chain(&last).chain(more) {
            print.number(*key, "", *value);
        }
        print.end_object();
    }
    print.end_object();
}

/// Columns as wide as their least, or as their widest number.
fn widths(ways: &[Way], errors: bool, scale: Scale) -> [usize; WIDTHS.len()] {
    let mut widths = WIDTHS;
    for way in ways {
        let mut widen = |at: usize, value: u64| {
            if let Some(width) = widths.get_mut(at) {
                *width = (*width).max(scale.len(value));
            }
        };
        for (at, (.., value)) in way.main.iter().enumerate() {
            widen(at, *value);
        }
        for (at, (.., value)) in
            way.errors.iter().flatten().enumerate().take_while(|(at, _)| errors && at + 1 < ERRORS_END)
        {
            widen(at + 1, *value);
        }
    }
    widths
}

/// The lines of one way: heads and numbers, and the same of the errors.
fn table(way: &Way, errors: bool, scale: Scale, widths: &[usize]) -> Vec<String> {
    let width = |at: usize| widths.get(at).copied().unwrap_or(WIDTHS[0]);
    let last = Some(way.last).filter(|(.., value)| *value != 0);
    let (mut head, mut numbers) = (String::with_capacity(80), String::with_capacity(80));
    // The way's name stands in the first column.
    head.extend(["    ", way.word, ":"]);
    for (at, (_, word, _)) in way.main.iter().enumerate() {
        let before = if at == 0 { way.word.len() + 1 } else { 0 };
        right(&mut head, word, width(at).saturating_sub(before));
        head.push(' ');
    }
    right(&mut head, last.map_or("", |(_, word, _)| word), width(6));
    numbers.push_str("    ");
    for (at, (.., value)) in way.main.iter().chain(&last).enumerate() {
        scale.push(&mut numbers, *value, width(at));
    }
    let mut lines = vec![head, numbers];
    if errors {
        let mut head = format!("    {:<1$}", format!("{} errors:", way.word), width(0));
        let mut numbers = format!("    {:1$} ", "", width(0));
        for (at, (_, word, value)) in way.errors.iter().flatten().enumerate() {
            // Those behind the columns are as wide as their names.
            let width = if at + 1 < ERRORS_END { width(at + 1) } else { word.len().max(scale.len(*value)) };
            head.push(' ');
            right(&mut head, word, width);
            scale.push(&mut numbers, *value, width);
        }
        lines.extend([head, numbers]);
    }
    lines
}

/// Adds a word behind as many spaces as make it this wide.
fn right(line: &mut String, word: &str, width: usize) {
    line.extend(std::iter::repeat_n(' ', width.saturating_sub(word.len())));
    line.push_str(word);
}

/// How numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Plain,
    /// With `-human-readable`: three digits, and k, M, G … for thousands.
    Thousands,
    /// With `-iec` too: ki, Mi, Gi … for powers of 1024.
    Iec,
}

impl Scale {
    /// How many characters a number has.
    fn len(self, value: u64) -> usize {
        match self {
            Self::Plain => value.checked_ilog10().map_or(1, |digits| digits as usize + 1),
            Self::Thousands | Self::Iec => self.text(value).len(),
        }
    }

    /// Adds a number and a space to a line.
    fn push(self, line: &mut String, value: u64, width: usize) {
        // Most are.
        if value == 0 {
            right(line, "0", width);
        } else {
            right(line, &self.text(value), width);
        }
        line.push(' ');
    }

    fn text(self, value: u64) -> String {
        let (base, ending) = match self {
            Self::Plain => return value.to_string(),
            Self::Thousands => (1000, ""),
            Self::Iec => (1024, "i"),
        };
        if value < base {
            return value.to_string();
        }
        let (mut power, mut units) = (base, "kMGTPE".chars());
        let mut unit = units.next();
        while let Some(next) = power.checked_mul(base).filter(|next| value >= *next) {
            (power, unit) = (next, units.next());
        }
        let digits = match value / power {
            0..10 => 2,
            10..100 => 1,
            _ => 0,
        };
        #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
        let scaled = value as f64 / power as f64;
        format!("{scaled:.digits$}{}{ending}", unit.unwrap_or('E'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_both_ways_widen_together() {
        let all = Statistics {
            tx_bytes: 10_727_310_090,
            rx_errors: 1_234_567,
            tx_aborted_errors: 12_345_678,
            ..Statistics::default()
        };
        let ways = [received(&all), sent(&all, Some(2))];
        assert_eq!(widths(&ways, false, Scale::Plain), [11, 7, 7, 7, 7, 7, 10]);
        assert_eq!(widths(&ways, true, Scale::Plain), [11, 8, 7, 7, 7, 7, 10]);
        assert_eq!(widths(&ways, true, Scale::Iec), WIDTHS);
        let lines = [
            "    TX:   bytes  packets errors dropped carrier collsns           ",
            "    10727310090        0      0       0       0       0 ",
            "    TX errors:   aborted   fifo  window heartbt transns",
            "                12345678      0       0       0       2 ",
        ];
        assert_eq!(table(&ways[1], true, Scale::Plain, &[11, 8, 6, 7, 7, 7, 10]), lines);
    }

    #[test]
    fn three_digits_as_ip_rounds_them() {
        let thousands = [(999, "999"), (2008, "2.01k"), (9994, "9.99k"), (10049, "10.0k"), (10063, "10.1k")];
        for (value, text) in thousands.into_iter().chain([(99963, "100.0k"), (100_013, "100k"), (999_513, "1000k")]) {
            assert_eq!(Scale::Thousands.text(value), text);
        }
        let iec = [(1023, "1023"), (1027, "1.00ki"), (10239, "10.00ki"), (102_399, "100.0ki"), (1_048_575, "1024ki")];
        for (value, text) in iec.into_iter().chain([(1_048_589, "1.00Mi"), (u64::MAX, "16.0Ei")]) {
            assert_eq!(Scale::Iec.text(value), text);
        }
    }
}
