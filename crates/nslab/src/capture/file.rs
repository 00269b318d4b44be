//! Packets into files, whole at every moment.
//!
//! Contract: what a file has is whole blocks, also where the disk is full: then it is cut back to the last one that
//! fits, and the error says so. A file that is finished ends with what was counted of each interface while it was
//! written.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::pcapng;
use super::{Packet, Sink, Statistics};
use crate::error::{Error, ErrorKind, Result};

/// When a file is ended and another one begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Before it has more than so many bytes; a file has one packet at least.
    pub size: Option<u64>,
    /// When so much time has passed since it was begun, and it has a packet.
    pub time: Option<Duration>,
    /// How many files are kept; the oldest are deleted. 0 keeps all.
    pub keep: usize,
}

impl Rotation {
    fn is_wanted(&self) -> bool {
        self.size.is_some() || self.time.is_some()
    }
}

/// Where packets are written to.
#[derive(Debug)]
pub enum Target {
    /// A file, or many of them, whose numbers stand in front of the ending.
    File(PathBuf, Rotation),
    /// An open file or pipe, which gets every packet at once.
    Stream(File),
}

/// A [`Sink`] that writes pcapng.
#[derive(Debug)]
pub struct Writer {
    head: Vec<u8>,
    target: Target,
    file: File,
    path: PathBuf,
    /// The number of the file, counted from 1.
    number: u64,
    /// Earlier files that are there.
    earlier: VecDeque<PathBuf>,
    /// Whole blocks that are not in the file yet.
    buffer: Vec<u8>,
    /// How many bytes of whole blocks are in the file.
    written: u64,
    begun: Instant,
    begun_at: Duration,
    counted: Vec<Statistics>,
    /// What had been counted when the file was begun.
    before: Vec<Statistics>,
    /// How many packets of each interface are in this file.
    packets: Vec<u64>,
    total: u64,
}

/// As much is written at once.
const BUFFER: usize = 1 << 18;

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

impl Writer {
    /// Makes the file, or the first of them, and writes its head. `head` is what every file begins with: the section
    /// and its interfaces, of which there are so many.
    ///
    /// # Errors
    /// Where the file cannot be made or written; with rotation, [`ErrorKind::Exists`] where there is a numbered file
    /// of this name already.
    pub fn create(target: Target, head: Vec<u8>, interfaces: usize) -> Result<Self> {
        let (file, path) = match &target {
            Target::File(path, rotation) if rotation.is_wanted() => {
                check_free(path)?;
                let first = numbered(path, 1);
                (create(&first)?, first)
            }
            Target::File(path, _) => (create(path)?, path.clone()),
            Target::Stream(file) => {
                let file = file.try_clone().map_err(|error| Error::os("writing packets", error))?;
                (file, "standard output".into())
            }
        };
        let mut writer = Self {
            buffer: head.clone(),
            head,
            target,
            file,
            path,
            number: 1,
            earlier: VecDeque::new(),
            written: 0,
            begun: Instant::now(),
            begun_at: now(),
            counted: vec![Statistics::default(); interfaces],
            before: vec![Statistics::default(); interfaces],
            packets: vec![0; interfaces],
            total: 0,
        };
        writer.write()?;
        Ok(writer)
    }

    /// How many packets were written, to all files.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many files were written.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.number
    }

    fn rotation(&self) -> Rotation {
        match &self.target {
            Target::File(_, rotation) => *rotation,
            Target::Stream(_) => Rotation::default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.packets.iter().all(|count| *count == 0)
    }

    /// Writes the whole blocks in the buffer.
    fn write(&mut self) -> Result<()> {
        let mut done = 0;
        while let Some(rest) = self.buffer.get(done..).filter(|rest| !rest.is_empty()) {
            match self.file.write(rest) {
                Ok(0) => return Err(self.cut(done, &std::io::ErrorKind::WriteZero.into())),
                Ok(len) => done += len,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.cut(done, &error)),
            }
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Cuts the file back to the whole blocks that fit; `done` bytes of the buffer are in it.
    fn cut(&mut self, done: usize, error: &std::io::Error) -> Error {
        let whole = whole_blocks(&self.buffer, done);
        self.buffer.clear();
        let path = self.path.display();
        let error = match error.raw_os_error() {
            Some(errno) => Error::kernel(format_args!("writing {path}"), errno, None),
            None => Error::new(ErrorKind::Kernel, format!("writing {path}: {error}")),
        };
        if matches!(self.target, Target::Stream(_)) {
            return error;
        }
        self.written += whole as u64;
        match self.file.set_len(self.written) {
            Ok(()) => error.with_help("what was captured before is in the file, whole; what came later is not"),
            Err(_) => error.with_help("the end of the file is not whole"),
        }
    }

    /// Ends the file with what was counted, and writes it out.
    fn end(&mut self) -> Result<()> {
        let times = (self.begun_at, now());
        let counts = self.counted.iter().zip(&self.before).zip(&self.packets);
        for (at, ((counted, before), packets)) in counts.enumerate() {
            let since = Statistics {
                received: counted.received.saturating_sub(before.received),
                dropped: counted.dropped.saturating_sub(before.dropped),
            };
            pcapng::statistics(&mut self.buffer, at, since, *packets, times);
        }
        self.write()
    }

    /// Ends the file, and begins the next.
    fn rotate(&mut self) -> Result<()> {
        self.end()?;
        let Target::File(base, Rotation { keep, .. }) = &self.target else { return Ok(()) };
        let keep = *keep;
        let path = numbered(base, self.number + 1);
        self.file = create(&path)?;
        self.earlier.push_back(std::mem::replace(&mut self.path, path));
        while keep > 0 && self.earlier.len() >= keep {
            if let Some(oldest) = self.earlier.pop_front() {
                // One that somebody else has taken away already is no harm.
                let _ = std::fs::remove_file(oldest);
            }
        }
        self.number += 1;
        self.written = 0;
        self.begun = Instant::now();
        self.begun_at = now();
        self.before.clone_from(&self.counted);
        self.packets.iter_mut().for_each(|count| *count = 0);
        self.buffer.clone_from(&self.head);
        self.write()
    }
}

impl Sink for Writer {
    fn packet(&mut self, packet: &Packet<'_>) -> Result<ControlFlow<()>> {
        let before = self.buffer.len();
        pcapng::packet(&mut self.buffer, packet);
        let size = self.written + self.buffer.len() as u64;
        if self.rotation().size.is_some_and(|most| size > most) && !self.is_empty() {
            self.buffer.truncate(before);
            self.rotate()?;
            pcapng::packet(&mut self.buffer, packet);
        }
        if let Some(count) = self.packets.get_mut(packet.interface) {
            *count += 1;
        }
        self.total += 1;
        if self.buffer.len() >= BUFFER {
            self.write()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn counted(&mut self, counted: &[Statistics]) {
        self.counted = counted.to_vec();
    }

    fn flush(&mut self) -> Result<()> {
        self.write()?;
        let is_over = self.rotation().time.is_some_and(|time| self.begun.elapsed() >= time);
        if is_over && !self.is_empty() { self.rotate() } else { Ok(()) }
    }

    fn deadline(&self) -> Option<Instant> {
        let time = self.rotation().time.filter(|_| !self.is_empty())?;
        self.begun.checked_add(time)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        matches!(self.target, Target::Stream(_)).then(|| self.file.as_fd())
    }

    fn finish(&mut self) -> Result<()> {
        self.end()
    }
}

/// How many of the first `len` bytes are whole blocks.
fn whole_blocks(blocks: &[u8], len: usize) -> usize {
    let mut whole = 0;
    while let Some(bytes) = blocks.get(whole + 4..).and_then(|rest| rest.first_chunk()) {
        let end = whole + u32::from_ne_bytes(*bytes) as usize;
        if end > len || end == whole {
            break;
        }
        whole = end;
    }
    whole
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| Error::os(format_args!("making {}", path.display()), error))
}

/// `dir/name-00001.pcapng` of `dir/name.pcapng`.
fn numbered(path: &Path, number: u64) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number:05}"));
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

/// Refuses a name that has numbered files already: they would mix with those of this capture.
fn check_free(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| Error::os(format_args!("reading {}", folder.display()), error);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let text = name.to_string_lossy();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let digits = text.strip_prefix(&*stem).and_then(|rest| rest.strip_prefix('-'));
        let number = digits.and_then(|rest| rest.split('.').next()?.parse().ok());
        if number.is_some_and(|number| numbered(path, number).file_name() == Some(&name)) {
            let message = format!("{} is there already, of an earlier capture", folder.join(&name).display());
            return Err(Error::new(ErrorKind::Exists, message).with_help("take another name, or remove those files"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Direction, LinkType, Reception};
    use super::*;

    fn head() -> Vec<u8> {
        let mut head = Vec::new();
        pcapng::section(&mut head, "test");
        head
    }

    fn put(writer: &mut Writer, size: usize) {
        let packet = Packet {
            interface: 0,
            time: Duration::ZERO,
            direction: Direction::In,
            reception: Reception::Host,
            link_type: LinkType::Ethernet,
            original_len: 0,
            data: &vec![0; size],
        };
        assert!(writer.packet(&packet).unwrap().is_continue());
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_rotated_by_size_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let rotation = Rotation { size: Some(1000), time: None, keep: 2 };
        let path = folder.path().join("x.pcapng");
        let mut writer = Writer::create(Target::File(path.clone(), rotation), head(), 1).unwrap();
        for _ in 0..10 {
            put(&mut writer, 400);
        }
        // Larger than a file may be: alone in one.
        put(&mut writer, 2000);
        writer.finish().unwrap();
        assert_eq!((writer.total(), writer.files()), (11, 6));
        assert_eq!(names(folder.path()), ["x-00005.pcapng", "x-00006.pcapng"]);
        let error = Writer::create(Target::File(path, rotation), head(), 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exists);
    }

    #[test]
    fn only_whole_blocks_count() {
        let mut blocks = head();
        let one = blocks.len();
        blocks.extend(head());
        for (len, whole) in [(0, 0), (one - 1, 0), (one, one), (2 * one - 1, one), (2 * one, 2 * one)] {
            assert_eq!(whole_blocks(&blocks, len), whole);
        }
    }

    #[test]
    fn numbers_stand_before_the_ending() {
        assert_eq!(numbered(Path::new("a/b.c.pcapng"), 7), Path::new("a/b.c-00007.pcapng"));
        assert_eq!(numbered(Path::new("b"), 123_456), Path::new("b-123456"));
    }
}
