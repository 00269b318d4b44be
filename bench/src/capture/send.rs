//! The load: UDP packets at a rate.

use std::fmt;
use std::net::UdpSocket;
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Result};

#[derive(Debug, PartialEq)]
pub(crate) struct Load {
    pub(crate) packets: u32,
    /// A second; 0 for as many as can be.
    pub(crate) rate: u32,
    /// Bytes of data.
    pub(crate) size: u32,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.packets, self.rate, self.size)
    }
}

impl FromStr for Load {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self> {
        let numbers: Vec<u32> = text.split(',').filter_map(|number| number.parse().ok()).collect();
        match numbers.as_slice() {
            [packets, rate, size] => Ok(Self { packets: *packets, rate: *rate, size: *size }),
            _ => Err(Failure::new(format!("not a load: {text:?}"))),
        }
    }
}

/// So many are sent in a row.
const BATCH: u32 = 100;

/// Sends them, in the namespace of this process, and prints how many seconds that took.
pub(crate) fn send(load: &Load) -> Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:0").map_err(Failure::of("a socket"))?;
    socket.connect("10.0.0.9:9").map_err(Failure::of("a socket"))?;
    let data = vec![0; load.size as usize];
    let start = Instant::now();
    let mut sent = 0;
    while sent < load.packets {
        if load.rate > 0 {
            let due = start + Duration::from_secs_f64(f64::from(sent) / f64::from(load.rate));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        for _ in 0..BATCH.min(load.packets - sent) {
            socket.send(&data).map_err(Failure::of("sending"))?;
        }
        sent += BATCH.min(load.packets - sent);
    }
    println!("{}", start.elapsed().as_secs_f64());
    Ok(())
}
