//! Interfaces whose other end is a program: tun (packets) and tap (frames) (ip-tuntap(8),
//! Documentation/networking/tuntap.rst).

use std::fs::{File, OpenOptions};
use std::os::fd::AsFd;

use crate::error::{Error, Result};
use crate::sys::tun::{self, Setting};
use crate::wire::consts::kinds::{
    IFF_MULTI_QUEUE, IFF_NO_PI, IFF_ONE_QUEUE, IFF_TAP, IFF_TUN, IFF_TUN_EXCL, IFF_VNET_HDR,
};

/// What a program at the other end reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// IP packets.
    Tun,
    /// Ethernet frames.
    Tap,
}

/// An interface that stays until it is deleted.
#[derive(Debug, Clone)]
pub struct Tuntap<'a> {
    /// Its name: at most 15 bytes; empty lets the kernel choose; `%d` in it becomes a number.
    pub name: &'a [u8],
    /// What it carries.
    pub mode: Mode,
    /// Whether each packet has four bytes with its protocol before it.
    pub packet_info: bool,
    /// Whether each packet has a virtio header before it.
    pub vnet_hdr: bool,
    /// A flag that kernels do nothing with.
    pub one_queue: bool,
    /// Whether several programs may use it at once.
    pub multi_queue: bool,
    /// The user who may use it without privilege; `None` for any.
    pub owner: Option<u32>,
    /// The group that may; `None` for any.
    pub group: Option<u32>,
    /// The index that it is to have, 1 to 2³¹−1; `None` lets the kernel choose.
    pub index: Option<u32>,
}

impl Tuntap<'_> {
    /// Makes it, in the namespace of the calling thread.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) where the name is taken,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) without /dev/net/tun, or what the kernel answers.
    pub fn add(&self) -> Result<()> {
        let device = self.open(IFF_TUN_EXCL)?;
        let settings = [
            ("ioctl(TUNSETOWNER)", self.owner.map(Setting::Owner)),
            ("ioctl(TUNSETGROUP)", self.group.map(Setting::Group)),
            ("ioctl(TUNSETPERSIST)", Some(Setting::Persist(true))),
        ];
        for (what, setting) in settings {
            if let Some(setting) = setting {
                tun::set(device.as_fd(), setting).map_err(|errno| Error::os(what, errno))?;
            }
        }
        Ok(())
    }

    /// Deletes the interface with the name; one that is not there is no error. Mode and queues must be as
    /// they are.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) while a program uses it, or what the kernel answers.
    pub fn delete(&self) -> Result<()> {
        let device = self.open(0)?;
        let end = tun::set(device.as_fd(), Setting::Persist(false));
        end.map_err(|errno| Error::os("ioctl(TUNSETPERSIST)", errno))
    }

    fn open(&self, flags: u16) -> Result<File> {
        let opened = OpenOptions::new().read(true).write(true).open("/dev/net/tun");
        let device = opened.map_err(|error| Error::os("open", error))?;
        let flags = flags | self.flags();
        if let Some(index) = self.index {
            tun::set(device.as_fd(), Setting::Index(index))
                .map_err(|errno| Error::os("ioctl(TUNSETIFINDEX)", errno))?;
        }
        tun::attach(device.as_fd(), self.name, flags).map_err(|errno| Error::os("ioctl(TUNSETIFF)", errno))?;
        Ok(device)
    }

    fn flags(&self) -> u16 {
        let mode = match self.mode {
            Mode::Tun => IFF_TUN,
            Mode::Tap => IFF_TAP,
        };
        let switches = [
            (!self.packet_info, IFF_NO_PI),
            (self.vnet_hdr, IFF_VNET_HDR),
            (self.one_queue, IFF_ONE_QUEUE),
            (self.multi_queue, IFF_MULTI_QUEUE),
        ];
        switches.iter().filter(|(on, _)| *on).fold(mode, |flags, (_, flag)| flags | flag)
    }
}
