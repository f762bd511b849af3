//! Inflating gzip of any number of members, and going on behind damage.
//!
//! The decompressor is driven by hand, because the readers of `flate2` drop
//! what they inflated last when they meet corrupt data.

use std::io::Read;

use flate2::{Decompress, FlushDecompress, Status};
use sha2::{Digest, Sha256};

/// Bytes read from the source at once.
const INPUT: usize = 128 * 1_024;

/// What every gzip member begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The same with the compression method, of which there is only one.
const MEMBER: [u8; 3] = [0x1f, 0x8b, 8];

/// Length of the fixed part of a member's header.
const HEADER: usize = 10;

/// Where in the compressed bytes the next one stands.
enum State {
    /// Not compressed at all.
    Plain,
    /// Before a member, or at the end.
    BetweenMembers,
    /// Within a member.
    Member(Box<Decompress>),
    /// Behind damage, looking for the next member.
    Searching,
    /// Nothing more can be read.
    Ended,
}

/// How a read ended.
pub(super) enum Step {
    /// The output is full.
    Full,
    /// Something was lost; what was before it is in the output.
    Damaged(String),
    /// Everything was read.
    End,
}

/// A source of bytes, inflated if it is gzip.
pub(super) struct Inflater<R> {
    source: R,
    input: Vec<u8>,
    position: usize,
    state: State,
    digest: Sha256,
    bytes: u64,
}

impl<R: Read> Inflater<R> {
    /// Reads the beginning of the source and finds out what it is.
    pub(super) fn open(source: R) -> std::io::Result<Self> {
        let mut inflater = Self {
            source,
            input: Vec::with_capacity(INPUT),
            position: 0,
            state: State::Plain,
            digest: Sha256::new(),
            bytes: 0,
        };
        while inflater.input.len() < HEADER && inflater.refill()? > 0 {}
        if inflater.rest().starts_with(&MAGIC) {
            inflater.state = State::BetweenMembers;
        }
        Ok(inflater)
    }

    /// The compressed bytes at hand.
    pub(super) fn rest(&self) -> &[u8] {
        self.input.get(self.position..).unwrap_or_default()
    }

    pub(super) fn is_gzip(&self) -> bool {
        !matches!(self.state, State::Plain)
    }

    /// Number of compressed bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of the compressed bytes read so far, in hexadecimal.
    pub(super) fn sha256(&self) -> String {
        let digest = self.digest.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Appends to the output until its capacity is used up.
    pub(super) fn read(&mut self, output: &mut Vec<u8>) -> Step {
        while output.len() < output.capacity() {
            if self.rest().len() < self.wanted() {
                match self.refill() {
                    Ok(0) => return self.finish(),
                    Ok(_) => continue,
                    Err(error) => return self.give_up(&error),
                }
            }
            let step = match &mut self.state {
                State::Plain => self.copy(output),
                State::BetweenMembers => self.enter_member(),
                State::Member(_) => self.inflate(output),
                State::Searching => self.search(),
                State::Ended => return Step::End,
            };
            if let Some(error) = step {
                return Step::Damaged(error);
            }
        }
        Step::Full
    }

    /// Compressed bytes needed at hand to go on.
    fn wanted(&self) -> usize {
        match self.state {
            State::Plain | State::Member(_) => 1,
            State::BetweenMembers => 2,
            State::Searching => HEADER,
            State::Ended => 0,
        }
    }

    /// Reads more of the source behind what is left of the input.
    fn refill(&mut self) -> std::io::Result<usize> {
        self.input.drain(..self.position);
        self.position = 0;
        let begin = self.input.len();
        self.input.resize(INPUT, 0);
        let outcome = loop {
            let free = self.input.get_mut(begin..).unwrap_or_default();
            match self.source.read(free) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                outcome => break outcome,
            }
        };
        let count = outcome.as_ref().map_or(0, |count| *count);
        self.input.truncate(begin + count);
        self.digest
            .update(self.input.get(begin..).unwrap_or_default());
        self.bytes += count as u64;
        outcome
    }

    /// What the end of the source means where it comes.
    fn finish(&mut self) -> Step {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Member(_) => Step::Damaged(format!(
                "the file is truncated: it ends within the gzip data, after {} bytes",
                self.bytes
            )),
            State::BetweenMembers if self.rest().iter().any(|byte| *byte != 0) => {
                Step::Damaged(self.no_member_here())
            }
            _ => Step::End,
        }
    }

    fn give_up(&mut self, error: &std::io::Error) -> Step {
        self.state = State::Ended;
        Step::Damaged(format!(
            "reading stopped after {} bytes: {error}",
            self.bytes
        ))
    }

    fn copy(&mut self, output: &mut Vec<u8>) -> Option<String> {
        let free = output.capacity() - output.len();
        let taken = self.rest().get(..free).unwrap_or(self.rest());
        output.extend_from_slice(taken);
        self.position += taken.len();
        None
    }

    /// Takes the header of the next member, or passes the zeros that some
    /// tools pad a file with.
    fn enter_member(&mut self) -> Option<String> {
        let rest = self.rest();
        if rest.starts_with(&MAGIC) {
            self.state = State::Member(Box::new(Decompress::new_gzip(15)));
            return None;
        }
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        self.position += zeros;
        if zeros > 0 {
            return None;
        }
        self.state = State::Searching;
        Some(self.no_member_here())
    }

    fn no_member_here(&self) -> String {
        let offset = self.offset();
        format!("what follows the gzip data, {offset} bytes into the file, is not gzip")
    }

    fn inflate(&mut self, output: &mut Vec<u8>) -> Option<String> {
        let State::Member(member) = &mut self.state else {
            return None;
        };
        let rest = self.input.get(self.position..).unwrap_or_default();
        let before = member.total_in();
        let outcome = member.decompress_vec(rest, output, FlushDecompress::None);
        let taken = member.total_in() - before;
        self.position += usize::try_from(taken).unwrap_or(rest.len());
        match outcome {
            Ok(Status::StreamEnd) => self.state = State::BetweenMembers,
            Ok(Status::Ok | Status::BufError) => {}
            Err(error) => {
                let reason = error.message().unwrap_or("invalid data").to_owned();
                self.state = State::Searching;
                let offset = self.offset();
                return Some(format!(
                    "the gzip data is corrupt around byte {offset} of the file: {reason}"
                ));
            }
        }
        None
    }

    /// Looks for the header of another member. The three bytes alone turn up
    /// by chance once in 16 MiB of compressed data, the six looked at here
    /// hardly ever.
    fn search(&mut self) -> Option<String> {
        let rest = self.rest();
        let found = memchr::memmem::find_iter(rest, &MEMBER)
            .find(|at| rest.get(*at..).is_some_and(is_likely_header));
        match found {
            Some(at) => {
                self.position += at;
                self.state = State::Member(Box::new(Decompress::new_gzip(15)));
            }
            // The last bytes may be the first of a header.
            None => self.position = self.input.len() - (HEADER - 1),
        }
        None
    }

    /// The position in the file of the next byte.
    fn offset(&self) -> u64 {
        self.bytes - self.rest().len() as u64
    }
}

/// Whether a header that begins with the right bytes has plausible flags,
/// compression level and operating system.
fn is_likely_header(header: &[u8]) -> bool {
    let [_, _, _, flags, _, _, _, _, level, system, ..] = header else {
        return false;
    };
    flags & 0xe0 == 0 && matches!(level, 0 | 2 | 4) && matches!(system, 0..=13 | 255)
}
