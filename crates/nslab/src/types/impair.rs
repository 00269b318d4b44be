//! What is made worse about a link in one direction.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Delay, Percent, Rate};

/// What happens to the packets that leave an interface (tc-netem(8), tc-tbf(8)).
///
/// What is not there does not happen. Two of these that do the same are equal once they are
/// [normal](Self::normal), as those of a lab file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impair {
    /// How long each is held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// By how much that time varies, to either side, evenly: at most the delay, and [`MAX_JITTER`](Self::MAX_JITTER).
    /// Packets overtake each other then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Delay>,
    /// How many are lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Percent>,
    /// How many arrive twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Percent>,
    /// How many are not held back, and so overtake those that are. There is a delay then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder: Option<Percent>,
    /// How many have one bit turned over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrupt: Option<Percent>,
    /// How much passes, with the Ethernet header of 14 bytes of each packet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// How many packets wait at most; those that come then are lost. Without one, it is
    /// [`default_limit`](Self::default_limit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A full Ethernet frame of a link with the usual MTU of 1,500, in bytes.
const FRAME: u64 = 1514;

impl Impair {
    /// The most that a delay can vary: 2^31 - 1 nanoseconds, some 2.147 s (`tabledist()` in `net/sched/sch_netem.c`).
    pub const MAX_JITTER: u64 = 0x7fff_ffff;

    /// Whether nothing happens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.normal().is_none()
    }

    /// Whether it is a rate and nothing else.
    #[must_use]
    pub fn only_rate(&self) -> Option<Rate> {
        let normal = self.normal()?;
        normal.rate.filter(|rate| normal == Self { rate: Some(*rate), ..Self::default() })
    }

    /// The same without what does nothing: zeros, and a limit that is the default. `None` where nothing is left.
    #[must_use]
    pub fn normal(&self) -> Option<Self> {
        let time = |value: Option<Delay>| value.filter(|value| value.nanoseconds() > 0);
        let share = |value: Option<Percent>| value.filter(|value| value.scaled() > 0);
        let normal = Self {
            delay: time(self.delay),
            jitter: time(self.jitter),
            loss: share(self.loss),
            duplicate: share(self.duplicate),
            reorder: share(self.reorder),
            corrupt: share(self.corrupt),
            rate: self.rate,
            limit: None,
        };
        // A rate with nothing but a limit is another thing than the rate alone: it counts packets, not bytes.
        let alone = normal == Self { rate: normal.rate, ..Self::default() };
        let limit = self.limit.filter(|limit| alone || *limit != normal.default_limit());
        let normal = Self { limit, ..normal };
        (normal != Self::default()).then_some(normal)
    }

    /// How many packets wait at most where the limit is left out.
    ///
    /// Without a rate, 100,000, so that a delay loses nothing. With one, the full packets that are under way for the
    /// time of the delay, and as many more as take 100 ms, at least 100.
    #[must_use]
    pub fn default_limit(&self) -> u32 {
        let Some(rate) = self.rate else { return 100_000 };
        let held = |time: Option<Delay>| u128::from(time.unwrap_or_default().nanoseconds());
        let under_way = u128::from(rate.bytes()) * (held(self.delay) + held(self.jitter)) / 1_000_000_000;
        let bytes = under_way + u128::from(Self::default_backlog(rate));
        u32::try_from(bytes.div_ceil(u128::from(FRAME))).unwrap_or(u32::MAX)
    }

    /// How many bytes wait at most where there is a rate and nothing else: those of 100 ms, at least 100 full packets.
    #[must_use]
    pub fn default_backlog(rate: Rate) -> u64 {
        (rate.bytes() / 10).max(100 * FRAME)
    }
}

/// In the words of a lab file.
impl fmt::Display for Impair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        let mut add = |name: &str, value: Option<String>| words.extend(value.map(|value| format!("{name} {value}")));
        add("delay", self.delay.map(|value| value.to_string()));
        add("jitter", self.jitter.map(|value| value.to_string()));
        add("loss", self.loss.map(|value| value.to_string()));
        add("duplicate", self.duplicate.map(|value| value.to_string()));
        add("reorder", self.reorder.map(|value| value.to_string()));
        add("corrupt", self.corrupt.map(|value| value.to_string()));
        add("rate", self.rate.map(|value| value.to_string()));
        add("limit", self.limit.map(|value| value.to_string()));
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_nothing_is_nothing() {
        let zeros = Impair { delay: Some(Delay::default()), loss: Some(Percent::default()), ..Impair::default() };
        assert!(zeros.is_empty() && zeros.only_rate().is_none());
        let delay = Impair { delay: "20ms".parse().ok(), rate: "12112kbit".parse().ok(), ..Impair::default() };
        // 20 packets are under way, 100 wait.
        assert_eq!(delay.default_limit(), 120);
        assert_eq!(Impair { limit: Some(120), ..delay }.normal(), Some(delay));
        assert_eq!(delay.to_string(), "delay 20ms rate 12112kbit");
        let rate = Impair { rate: delay.rate, jitter: Some(Delay::default()), ..Impair::default() };
        assert_eq!(rate.only_rate(), delay.rate);
        assert_eq!(Impair { limit: Some(rate.default_limit()), ..rate }.only_rate(), None);
    }

    #[test]
    fn json_has_what_is_there() {
        let impair = Impair { loss: "0.1%".parse().ok(), limit: Some(7), ..Impair::default() };
        let text = serde_json::to_string(&impair).unwrap();
        assert_eq!(text, r#"{"loss":"0.1%","limit":7}"#);
        assert_eq!(serde_json::from_str::<Impair>(&text).unwrap(), impair);
        assert!(serde_json::from_str::<Impair>(r#"{"loss":"101%"}"#).is_err());
    }
}
