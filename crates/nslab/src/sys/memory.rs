//! Memory that a process which mostly waits can do without.

use std::ffi::c_void;
use std::ops::Range;

/// Gives the kernel back the pages of this process's programs and libraries that are as they are in their files: it
/// reads them again when they are next used. For a process that is about to wait for long; a moment's work brings back
/// some 100 kB. Where /proc cannot be read, nothing happens.
pub(crate) fn give_back_clean_pages() {
    let Ok(smaps) = std::fs::read_to_string("/proc/self/smaps") else { return };
    for range in clean_ranges(&smaps) {
        // SAFETY: the range is of a mapping of a file that cannot be written to and of which no page differs from the
        // file, so what is read there afterwards is what was there before.
        unsafe {
            libc::madvise(
                std::ptr::with_exposed_provenance_mut::<c_void>(range.start),
                range.len(),
                libc::MADV_DONTNEED,
            )
        };
    }
}

/// The mappings of files that are read-only and have no page of their own (proc_pid_smaps(5)). A page that the dynamic
/// linker has relocated, in a part that is read-only since, is one of the process's own.
fn clean_ranges(smaps: &str) -> Vec<Range<usize>> {
    let (mut found, mut last) = (Vec::new(), None);
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next()) {
            (Some("Anonymous:"), Some("0")) => found.extend(last.take()),
            (Some(place), Some(flags)) if !place.ends_with(':') => {
                let of_file = words.nth(3).is_some_and(|name| name.starts_with('/'));
                last = range(place).filter(|_| of_file && flags.starts_with('r') && !flags.contains('w'));
            }
            _ => {}
        }
    }
    found
}

fn range(text: &str) -> Option<Range<usize>> {
    let (start, end) = text.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    Some(address(start)?..address(end)?).filter(|range| !range.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_as_in_its_file_is_given_back() {
        let part = |place: &str, flags: &str, name: &str, own: u32| {
            format!(
                "{place} {flags} 00001000 08:01 77 {name}\nSize: 4 kB\nPrivate_Dirty: {own} kB\nAnonymous: {own} kB\nVmFlags: rd mr\n"
            )
        };
        let smaps = [
            part("1000-2000", "r--p", "/bin/nslab", 0),
            part("2000-9000", "r-xp", "/bin/na me (deleted)", 0),
            part("9000-a000", "r--p", "/bin/nslab", 4),
            part("a000-b000", "rw-p", "/bin/nslab", 0),
            part("b000-c000", "r--p", "", 0),
            part("c000-d000", "r-xp", "[vdso]", 0),
            part("d000-e000", "---p", "/bin/nslab", 0),
            part("x-y", "r--p", "/bin/nslab", 0),
        ];
        assert_eq!(clean_ranges(&smaps.concat()), [0x1000..0x2000, 0x2000..0x9000]);
        assert_eq!(clean_ranges("Anonymous: 0 kB\n1000-2000 r--p\n"), []);
    }

    /// What was given back is there again when it is used.
    #[test]
    fn a_process_goes_on_without_its_clean_pages() {
        give_back_clean_pages();
        assert!(!clean_ranges(&std::fs::read_to_string("/proc/self/smaps").unwrap()).is_empty());
    }
}
