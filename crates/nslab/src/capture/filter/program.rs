//! An assembler for the classic packet filter (Documentation/networking/filter.rst): jumps by label, forward only.

use crate::error::{Error, Result};

/// Code, jumps, constant (`struct sock_filter`).
pub(super) type Instruction = (u16, u8, u8, u32);

// Codes, as `BPF_LD | BPF_H | BPF_ABS` (linux/bpf_common.h).
pub(super) const LOAD_WORD: u16 = 0x20;
pub(super) const LOAD_HALF: u16 = 0x28;
pub(super) const LOAD_WORD_AT_X: u16 = 0x40;
pub(super) const LOAD_HALF_AT_X: u16 = 0x48;
pub(super) const LOAD_BYTE_AT_X: u16 = 0x50;
pub(super) const LOAD_CONSTANT: u16 = 0x00;
pub(super) const LOAD_MEMORY: u16 = 0x60;
pub(super) const X_CONSTANT: u16 = 0x01;
pub(super) const X_MEMORY: u16 = 0x61;
pub(super) const STORE: u16 = 0x02;
pub(super) const STORE_X: u16 = 0x03;
pub(super) const ADD: u16 = 0x04;
pub(super) const ADD_X: u16 = 0x0c;
pub(super) const AND: u16 = 0x54;
pub(super) const SHIFT_LEFT: u16 = 0x64;
pub(super) const A_TO_X: u16 = 0x07;
pub(super) const JUMP: u16 = 0x05;
pub(super) const IF_EQUAL: u16 = 0x15;
pub(super) const IF_GREATER: u16 = 0x25;
pub(super) const IF_AT_LEAST: u16 = 0x35;
pub(super) const RETURN: u16 = 0x06;

/// Where something else says whereto an instruction is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label(usize);

/// The kernel takes no longer ones (`BPF_MAXINSNS`).
const LONGEST: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Program {
    code: Vec<Instruction>,
    /// Where labels are, once they are set.
    labels: Vec<usize>,
    /// Jumps, and the labels that they go to.
    jumps: Vec<(usize, Label)>,
}

impl Program {
    /// A label that is set later.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(usize::MAX);
        Label(self.labels.len() - 1)
    }

    /// Sets a label to what comes next.
    pub(super) fn set(&mut self, label: Label) {
        let here = self.code.len();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = here;
        }
    }

    /// Appends an instruction.
    pub(super) fn push(&mut self, code: u16, constant: u32) {
        self.code.push((code, 0, 0, constant));
    }

    /// Goes on at a label.
    pub(super) fn jump(&mut self, label: Label) {
        self.jumps.push((self.code.len(), label));
        self.push(JUMP, 0);
    }

    /// Goes on at a label where a test is true, else with what comes next.
    pub(super) fn when(&mut self, test: u16, constant: u32, label: Label) {
        self.code.push((test, 0, 1, constant));
        self.jump(label);
    }

    /// Goes on at a label where a test is false.
    pub(super) fn unless(&mut self, test: u16, constant: u32, label: Label) {
        self.code.push((test, 1, 0, constant));
        self.jump(label);
    }

    /// The program, with its jumps.
    pub(super) fn finish(mut self) -> Result<Vec<Instruction>> {
        if self.code.len() > LONGEST {
            let message =
                format!("the filter takes {} instructions, and the kernel no more than {LONGEST}", self.code.len());
            return Err(
                Error::invalid(message).with_help("networks and ranges of ports take less than each on its own")
            );
        }
        for (at, label) in self.jumps {
            let to = self.labels.get(label.0).copied().unwrap_or(usize::MAX);
            let distance = to.checked_sub(at + 1).and_then(|distance| u32::try_from(distance).ok());
            if let (Some(instruction), Some(distance)) = (self.code.get_mut(at), distance) {
                instruction.3 = distance;
            }
        }
        Ok(self.code)
    }
}
