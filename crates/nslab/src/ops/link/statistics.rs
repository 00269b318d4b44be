//! What a link has counted (`struct rtnl_link_stats64`, `linux/if_link.h`).

/// What a link has counted since it was made. What an older kernel does not count is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Bad packets received.
    pub rx_errors: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Received packets dropped for want of room.
    pub rx_dropped: u64,
    /// Packets dropped before they were sent.
    pub tx_dropped: u64,
    /// Multicast packets received.
    pub multicast: u64,
    /// Collisions while sending.
    pub collisions: u64,
    /// Received packets of a wrong length.
    pub rx_length_errors: u64,
    /// Received packets that the receiver had no room for.
    pub rx_over_errors: u64,
    /// Received packets with a wrong checksum.
    pub rx_crc_errors: u64,
    /// Received packets that were not aligned.
    pub rx_frame_errors: u64,
    /// Overruns of the receiver.
    pub rx_fifo_errors: u64,
    /// Packets that the receiver missed.
    pub rx_missed_errors: u64,
    /// Sending ended early.
    pub tx_aborted_errors: u64,
    /// Losses of the carrier while sending.
    pub tx_carrier_errors: u64,
    /// Underruns of the sender.
    pub tx_fifo_errors: u64,
    /// Heartbeats missed.
    pub tx_heartbeat_errors: u64,
    /// Collisions that came late.
    pub tx_window_errors: u64,
    /// Compressed packets received.
    pub rx_compressed: u64,
    /// Compressed packets sent.
    pub tx_compressed: u64,
    /// Received packets that nobody wanted.
    pub rx_nohandler: u64,
    /// Received packets that were for another host.
    pub rx_otherhost_dropped: u64,
}

impl Statistics {
    /// Reads the kernel's structure; `None` where it is shorter than it has ever been.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut counters =
            bytes.chunks_exact(8).filter_map(|eight| eight.first_chunk().copied().map(u64::from_ne_bytes));
        let mut next = || counters.next();
        Some(Self {
            rx_packets: next()?,
            tx_packets: next()?,
            rx_bytes: next()?,
            tx_bytes: next()?,
            rx_errors: next()?,
            tx_errors: next()?,
            rx_dropped: next()?,
            tx_dropped: next()?,
            multicast: next()?,
            collisions: next()?,
            rx_length_errors: next()?,
            rx_over_errors: next()?,
            rx_crc_errors: next()?,
            rx_frame_errors: next()?,
            rx_fifo_errors: next()?,
            rx_missed_errors: next()?,
            tx_aborted_errors: next()?,
            tx_carrier_errors: next()?,
            tx_fifo_errors: next()?,
            tx_heartbeat_errors: next()?,
            tx_window_errors: next()?,
            rx_compressed: next()?,
            tx_compressed: next()?,
            rx_nohandler: next().unwrap_or(0),
            rx_otherhost_dropped: next().unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_where_the_kernel_has_them() {
        let bytes: Vec<u8> = (0..25u64).flat_map(u64::to_ne_bytes).collect();
        let all = Statistics::read(&bytes).unwrap();
        assert_eq!((all.rx_packets, all.tx_bytes, all.multicast, all.collisions), (0, 3, 8, 9));
        assert_eq!((all.rx_missed_errors, all.tx_window_errors, all.rx_otherhost_dropped), (15, 20, 24));
    }

    #[test]
    fn an_older_kernels_are_fewer() {
        let bytes = [1; 8 * 23];
        assert_eq!(Statistics::read(&bytes).map(|all| (all.tx_compressed != 0, all.rx_nohandler)), Some((true, 0)));
        for end in 0..bytes.len() {
            assert_eq!(Statistics::read(&bytes[..end]), None, "{end}");
        }
    }
}
