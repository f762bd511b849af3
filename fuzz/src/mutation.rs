//! How a seed is damaged.

use bolero::TypeGenerator;

use crate::{Seeds, with_value_exchanged};

/// Most bytes of what a mutation makes.
const MOST: usize = 64 * 1_024;

/// One damage. Places count from the beginning, and around at the end.
#[derive(Clone, Debug, TypeGenerator)]
pub enum Edit {
    /// A byte is another.
    Put(u16, u8),
    /// A bit is the other.
    Flip(u16, u8),
    /// Bytes are in between.
    Insert(u16, Vec<u8>),
    /// Bytes are gone.
    Remove(u16, u8),
    /// It ends here.
    Cut(u16),
    /// Bytes are there several times.
    Repeat(u16, u8, u8),
    /// Bytes of another seed are in between.
    Splice(u16, u8, u16, u8),
    /// A word that decoders trip over is in between.
    Word(u16, u8),
    /// A value of the JSON it is, if it is any, is another.
    Exchange(u16, u8),
    /// It is nothing but these bytes.
    Instead(Vec<u8>),
}

/// A seed, and what is done to it.
#[derive(Clone, Debug, TypeGenerator)]
pub struct Mutation {
    /// Which seed.
    pub seed: u8,
    /// What is done to it, in order.
    #[generator(bolero::produce::<Vec<Edit>>().with().len(0_usize..=6))]
    pub edits: Vec<Edit>,
}

/// Ends, escapes and separators of the formats that are decoded.
const WORDS: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\ud83d\\ude00",
    b"{",
    b"}",
    b"[",
    b"]",
    b"{\"",
    b",",
    b":",
    b".",
    b"*",
    b">",
    b"=",
    b"$",
    b"/",
    b"\x1f",
    b"null",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"0.1",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    "\u{feff}".as_bytes(),
    "\u{3000}".as_bytes(),
    "\u{130}".as_bytes(),
    "\u{202e}".as_bytes(),
    b"#",
    b"[[",
    b"]]",
    b"'''",
    b"sha256:",
    b"never",
];

impl Mutation {
    /// What is left of the seed.
    #[must_use]
    pub fn apply(&self, seeds: &Seeds) -> Vec<u8> {
        let mut bytes = seeds.pick(self.seed).to_vec();
        for edit in &self.edits {
            edit.apply(&mut bytes, seeds);
            bytes.truncate(MOST);
        }
        bytes
    }

    /// The same as text, with what is not UTF-8 replaced.
    #[must_use]
    pub fn text(&self, seeds: &Seeds) -> String {
        String::from_utf8_lossy(&self.apply(seeds)).into_owned()
    }
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>, seeds: &Seeds) {
        let length = bytes.len();
        let place = |at: &u16| usize::from(*at) % (length + 1);
        let span = |at: &u16, long: &u8| {
            let begin = place(at);
            begin..length.min(begin + usize::from(*long))
        };
        match self {
            Self::Put(at, byte) => {
                if let Some(there) = bytes.get_mut(place(at)) {
                    *there = *byte;
                }
            }
            Self::Flip(at, bit) => {
                if let Some(there) = bytes.get_mut(place(at)) {
                    *there ^= 1 << (bit % 8);
                }
            }
            Self::Insert(at, more) => insert(bytes, place(at), more),
            Self::Remove(at, long) => drop(bytes.drain(span(at, long))),
            Self::Cut(at) => bytes.truncate(place(at)),
            Self::Repeat(at, long, times) => {
                let range = span(at, long);
                let more = bytes[range.clone()].repeat(usize::from(times % 64));
                insert(bytes, range.start, &more);
            }
            Self::Splice(at, seed, from, long) => {
                let other = seeds.pick(*seed);
                let begin = usize::from(*from) % (other.len() + 1);
                let end = other.len().min(begin + usize::from(*long));
                insert(bytes, place(at), &other[begin..end]);
            }
            Self::Word(at, word) => {
                insert(bytes, place(at), WORDS[usize::from(*word) % WORDS.len()]);
            }
            Self::Exchange(which, by) => {
                if let Some(exchanged) = with_value_exchanged(bytes, *which, *by) {
                    *bytes = exchanged;
                }
            }
            Self::Instead(others) => bytes.clone_from(others),
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, more: &[u8]) {
    drop(bytes.splice(at..at, more.iter().copied()));
}
