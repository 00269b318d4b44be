//! The ioctls of /dev/net/tun (`linux/if_tun.h`; Documentation/networking/tuntap.rst).

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Result;

/// Ties an open /dev/net/tun to the interface with a name, which is made where it is not there
/// (`TUNSETIFF`). Of the name the first 15 bytes count.
pub(crate) fn attach(device: BorrowedFd<'_>, name: &[u8], flags: u16) -> Result<()> {
    // SAFETY: an ifreq of zeroes is a valid one.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // The last byte stays zero: the name's end.
    let places = request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1);
    for (place, byte) in places.zip(name) {
        *place = byte.cast_signed() as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = flags.cast_signed();
    // SAFETY: the kernel reads and writes one ifreq, which outlives the call.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
    if result == 0 { Ok(()) } else { Err(super::last_errno()) }
}

/// A setting of the interface that an open /dev/net/tun is tied to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Setting {
    /// Whether it stays when the device is closed.
    Persist(bool),
    /// The user who may use it.
    Owner(u32),
    /// The group that may.
    Group(u32),
    /// The index of the interface that is made next.
    Index(u32),
}

/// Changes a setting.
pub(crate) fn set(device: BorrowedFd<'_>, setting: Setting) -> Result<()> {
    let (request, value) = match setting {
        Setting::Persist(on) => (libc::TUNSETPERSIST, u32::from(on)),
        Setting::Owner(id) => (libc::TUNSETOWNER, id),
        Setting::Group(id) => (libc::TUNSETGROUP, id),
        Setting::Index(index) => {
            // SAFETY: the kernel reads one unsigned int, which outlives the call.
            let result = unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFINDEX, &raw const index) };
            return if result == 0 { Ok(()) } else { Err(super::last_errno()) };
        }
    };
    // SAFETY: these take their value as it is; no memory is handed over.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), request, libc::c_ulong::from(value)) };
    if result == 0 { Ok(()) } else { Err(super::last_errno()) }
}
