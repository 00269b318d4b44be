//! What a session counts and measures.

use std::time::Duration;

/// Counts and times of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Requests sent, or refused by the own kernel.
    pub transmitted: u64,
    /// Requests answered.
    pub received: u64,
    /// Further answers to requests that had one.
    pub duplicates: u64,
    /// Replies with a wrong checksum.
    pub corrupted: u64,
    /// Notices that a request will not be answered.
    pub errors: u64,
    /// The most requests that were on their way at once, as seen when something came back.
    pub pipe: u32,
    /// From the first request to the last.
    pub elapsed: Duration,
    min: u128,
    max: u128,
    sum: u128,
    sum_of_squares: u128,
    timed: u128,
    eight_ewma: i128,
}

/// Round-trip times, over replies and duplicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrips {
    /// The shortest.
    pub min: Duration,
    /// The mean.
    pub avg: Duration,
    /// The longest.
    pub max: Duration,
    /// The standard deviation.
    pub mdev: Duration,
    /// The moving average, in which each new time weighs an eighth.
    pub ewma: Duration,
}

impl Statistics {
    /// Round-trip times; `None` if nothing was timed.
    #[must_use]
    pub fn round_trips(&self) -> Option<RoundTrips> {
        let count = self.timed;
        if count == 0 {
            return None;
        }
        // Of whole numbers throughout, so that no two machines differ in the last digit.
        let variance = (count * self.sum_of_squares).saturating_sub(self.sum * self.sum) / (count * count);
        Some(RoundTrips {
            min: nanos(self.min),
            avg: nanos(self.sum / count),
            max: nanos(self.max),
            mdev: nanos(variance.isqrt()),
            ewma: nanos(u128::try_from(self.eight_ewma / 8).unwrap_or(0)),
        })
    }

    /// Percent of the requests that nothing answered; `None` if none was sent.
    #[must_use]
    pub fn loss_percent(&self) -> Option<f64> {
        let lost = self.transmitted.saturating_sub(self.received);
        (self.transmitted > 0).then(|| lost as f64 * 100.0 / self.transmitted as f64)
    }

    /// The mean time from one request to the next; `None` before the second.
    #[must_use]
    pub fn gap(&self) -> Option<Duration> {
        let gaps = u128::from(self.transmitted).checked_sub(1).filter(|gaps| *gaps > 0)?;
        Some(nanos(self.elapsed.as_nanos() / gaps))
    }

    /// Zero before anything was timed.
    pub(super) fn moving_average(&self) -> Duration {
        nanos(u128::try_from(self.eight_ewma / 8).unwrap_or(0))
    }

    pub(super) fn longest(&self) -> Option<Duration> {
        (self.timed > 0).then(|| nanos(self.max))
    }

    pub(super) fn count_reply(&mut self, duplicate: bool, round_trip: Option<Duration>) {
        if duplicate {
            self.duplicates += 1;
        } else {
            self.received += 1;
        }
        let Some(round_trip) = round_trip else { return };
        let time = round_trip.as_nanos();
        self.min = if self.timed == 0 { time } else { self.min.min(time) };
        self.max = self.max.max(time);
        self.sum += time;
        self.sum_of_squares = self.sum_of_squares.saturating_add(time.saturating_mul(time));
        let time = i128::try_from(time).unwrap_or(i128::MAX);
        self.eight_ewma = if self.timed == 0 { time * 8 } else { self.eight_ewma + time - self.eight_ewma / 8 };
        self.timed += 1;
    }
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
