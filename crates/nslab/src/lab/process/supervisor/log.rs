//! A process's output in a file that does not grow beyond a size. What cannot be written is lost, and harms
//! nobody.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How large a file may get before it makes room for a new one; one old one is kept.
pub(super) const MOST: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: Option<(File, u64)>,
}

impl Log {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.file.as_ref().is_some_and(|(_, size)| *size >= MOST) {
            self.file = None;
            let mut old = self.path.clone().into_os_string();
            old.push(".1");
            let _ = std::fs::rename(&self.path, old);
        }
        if self.file.is_none() {
            self.file = open(&self.path).ok();
        }
        if let Some((file, size)) = &mut self.file {
            *size += file.write_all(bytes).map_or(0, |()| u64::try_from(bytes.len()).unwrap_or(MOST));
        }
    }

    /// The last lines, and not many.
    pub(super) fn last_lines(&self) -> Vec<String> {
        const MOST_BYTES: u64 = 4096;
        const MOST_LINES: usize = 10;
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(&self.path) {
            let size = file.metadata().map_or(0, |metadata| metadata.len());
            let _ = file.seek(SeekFrom::Start(size.saturating_sub(MOST_BYTES)));
            let _ = file.read_to_end(&mut bytes);
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(MOST_LINES)).map(ToString::to_string).collect()
    }
}

fn open(path: &Path) -> std::io::Result<(File, u64)> {
    // The lab's own folder is not made anew: without it, there is no lab.
    let parents: Vec<&Path> = path.ancestors().skip(1).take(2).collect();
    for folder in parents.into_iter().rev() {
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_makes_room_and_a_full_disk_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/n/p.log");
        let mut log = Log::new(path.clone());
        for _ in 0..40 {
            log.write(&[b'x'; 65536]);
        }
        log.write(b"\nend\n");
        let size = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().len();
        assert_eq!((size("logs/n/p.log.1"), size("logs/n/p.log")), (MOST, 8 * 65536 + 5));
        assert_eq!(log.last_lines().last().unwrap(), "end");
        let mut full = Log::new("/dev/full".into());
        full.write(b"x");
        let mut nowhere = Log::new(folder.path().join("no/such/folder/p.log"));
        nowhere.write(b"x");
        assert!(nowhere.last_lines().is_empty());
    }
}
