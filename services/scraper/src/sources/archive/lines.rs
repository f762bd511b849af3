//! Splitting inflated bytes into lines, many to a piece, in constant memory.

use std::collections::VecDeque;
use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr};
use thiserror::Error;

use super::damage::{Damage, KEPT};
use super::inflate::{Inflater, Step};

/// Inflated bytes handed on at once: enough that handing on costs nothing,
/// and few enough that they are still in the cache when they are decoded.
const PIECE: usize = 256 * 1_024;

/// Why a file cannot be read at all.
#[derive(Debug, Error)]
pub enum ReadError {
    /// No bytes, or nothing but blank lines in them.
    #[error("the file is empty: there is not one event in it")]
    Empty,
    /// A page for people.
    #[error(
        "this is an HTML page, not an archive file; check the address, and whether a proxy or \
         login page answers in its place"
    )]
    Html,
    /// The first bytes could not be had.
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
}

/// A part of a file.
#[derive(Debug)]
pub enum Piece {
    /// Whole lines.
    Lines(Lines),
    /// Something that could not be read.
    Damage(Damage),
}

/// Whole lines, one after the other.
#[derive(Debug)]
pub struct Lines {
    /// The number of the first one, counted from 1.
    pub first: u64,
    /// The lines with their ends.
    pub bytes: Vec<u8>,
    /// Compressed bytes of the file read up to here.
    pub read: u64,
}

impl Lines {
    /// The lines that are not blank, with their numbers. They end at `\n`
    /// alone: other line ends of Unicode occur within JSON texts.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let ends = memchr_iter(b'\n', &self.bytes).chain(std::iter::once(self.bytes.len()));
        let mut begin = 0;
        ends.zip(self.first..).filter_map(move |(end, number)| {
            let line = self.bytes.get(begin..end).unwrap_or_default();
            begin = end + 1;
            (!line.trim_ascii().is_empty()).then_some((number, line))
        })
    }
}

/// What is known when a file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSummary {
    /// Number of compressed bytes.
    pub bytes: u64,
    /// SHA-256 of the compressed bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Whether the end was reached with nothing lost on the way but lines.
    pub whole: bool,
}

/// A line too long to be kept.
struct Skipped {
    head: Vec<u8>,
    length: u64,
}

/// Reads a file piece by piece.
pub struct LineReader<R> {
    inflater: Inflater<R>,
    /// Inflated bytes not handed on yet; they begin at the start of a line.
    buffer: Vec<u8>,
    line: u64,
    longest: usize,
    skipped: Option<Skipped>,
    ready: VecDeque<Piece>,
    whole: bool,
    ended: bool,
}

impl<R: Read> LineReader<R> {
    /// Opens a file whose lines have at most `longest` bytes.
    ///
    /// # Errors
    /// [`ReadError`] when it is plainly no file of events.
    pub fn open(source: R, longest: usize) -> Result<Self, ReadError> {
        let inflater = Inflater::open(source)?;
        let beginning = inflater.rest().trim_ascii_start();
        if inflater.rest().is_empty() {
            return Err(ReadError::Empty);
        }
        if !inflater.is_gzip() && beginning.starts_with(b"<") {
            return Err(ReadError::Html);
        }
        Ok(Self {
            inflater,
            buffer: Vec::new(),
            line: 1,
            longest,
            skipped: None,
            ready: VecDeque::new(),
            whole: true,
            ended: false,
        })
    }

    /// What is known of the file; final once there are no more pieces.
    #[must_use]
    pub fn summary(&self) -> ReadSummary {
        ReadSummary {
            bytes: self.inflater.bytes(),
            sha256: self.inflater.sha256(),
            whole: self.whole && self.ended,
        }
    }

    /// Reads until there is a piece to hand on, or nothing more.
    fn advance(&mut self) {
        self.make_room();
        match self.inflater.read(&mut self.buffer) {
            Step::Full => self.hand_on_lines(),
            Step::Damaged(error) => {
                self.whole = false;
                self.hand_on_lines();
                self.cut_off(error);
            }
            Step::End => {
                self.ended = true;
                self.hand_on_lines();
                self.hand_on_last();
            }
        }
    }

    /// A fresh buffer is as large as a piece; one that holds no whole line
    /// yet grows until it would hold a line that is too long.
    fn make_room(&mut self) {
        let limit = self.longest.saturating_add(1);
        let length = self.buffer.len();
        let wanted = PIECE.max(length.saturating_mul(2)).min(limit);
        self.buffer.reserve_exact(wanted.saturating_sub(length));
    }

    fn hand_on_lines(&mut self) {
        self.leave_long_line();
        if self.skipped.is_some() {
            return;
        }
        let Some(last) = memrchr(b'\n', &self.buffer) else {
            self.enter_long_line();
            return;
        };
        let mut rest = Vec::new();
        if let Some(tail) = self.buffer.get(last + 1..) {
            rest.reserve_exact(PIECE.min(self.longest.saturating_add(1)).max(tail.len()));
            rest.extend_from_slice(tail);
        }
        self.buffer.truncate(last + 1);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        self.push_lines(bytes);
    }

    fn push_lines(&mut self, bytes: Vec<u8>) {
        let first = self.line;
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        let read = self.inflater.bytes();
        self.ready
            .push_back(Piece::Lines(Lines { first, bytes, read }));
    }

    /// Begins to pass over a line that is too long, keeping only its head.
    fn enter_long_line(&mut self) {
        if self.buffer.len() > self.longest {
            let head = self.buffer.get(..KEPT).unwrap_or(&self.buffer).to_vec();
            let length = self.buffer.len() as u64;
            self.buffer.clear();
            self.skipped = Some(Skipped { head, length });
        }
    }

    /// Passes over what the buffer holds of a line that is too long.
    fn leave_long_line(&mut self) {
        let Some(skipped) = &mut self.skipped else {
            return;
        };
        if let Some(end) = memchr(b'\n', &self.buffer) {
            skipped.length += end as u64;
            self.buffer.drain(..=end);
            self.report_long_line();
        } else {
            skipped.length += self.buffer.len() as u64;
            self.buffer.clear();
        }
    }

    /// Reports a line that is too long, once its length is known.
    fn report_long_line(&mut self) {
        if let Some(Skipped { head, length }) = self.skipped.take() {
            let error = format!(
                "the line has {length} bytes; lines above {} bytes are not read",
                self.longest
            );
            let damage = Damage::cut(self.line, error, &head, length);
            self.ready.push_back(Piece::Damage(damage));
            self.line += 1;
        }
    }

    /// Reports damage to the file itself, with the line it tore. That line is
    /// kept if what there is of it happens to be whole.
    fn cut_off(&mut self, error: String) {
        self.report_long_line();
        let mut torn = std::mem::take(&mut self.buffer);
        if serde_json::from_slice::<serde::de::IgnoredAny>(&torn).is_ok() {
            self.push_lines(std::mem::take(&mut torn));
            self.line += 1;
        }
        let damage = Damage::new(self.line, error, &torn);
        self.line += u64::from(!torn.is_empty());
        self.ready.push_back(Piece::Damage(damage));
    }

    /// Hands on a last line that has no end.
    fn hand_on_last(&mut self) {
        self.report_long_line();
        if !self.buffer.is_empty() {
            let bytes = std::mem::take(&mut self.buffer);
            self.push_lines(bytes);
        }
    }
}

impl<R: Read> Iterator for LineReader<R> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        while self.ready.is_empty() && !self.ended {
            self.advance();
        }
        self.ready.pop_front()
    }
}
