//! What fuzz targets are given: seeds, and what is left of one after it was
//! damaged here and there.
//!
//! Bytes that are nothing but random hardly ever get past the first token of a
//! decoder. So a target is given a [`Mutation`], which it applies to the seeds of
//! its directory: bytes are changed, pieces of one seed stand in another, and
//! values within JSON are exchanged for those that decoders trip over. Under
//! `cargo test` mutations are random and few; under libfuzzer
//! (`cargo bolero test`) it is coverage that chooses them.

mod json;
mod mutation;

use std::path::{Path, PathBuf};

pub use json::with_value_exchanged;
pub use mutation::{Edit, Mutation};

/// Texts that a target's inputs are made of.
#[derive(Clone, Debug)]
pub struct Seeds(Vec<Vec<u8>>);

impl Seeds {
    /// The files of a directory of `fuzz/seeds`.
    ///
    /// # Panics
    /// When there are none: a target without seeds finds nothing.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        Self::in_directory(&directory.join(name))
    }

    /// The files of a directory of this repository.
    ///
    /// # Panics
    /// As [`Seeds::of`].
    #[must_use]
    pub fn beside(path: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Self::in_directory(&root.join(path))
    }

    fn in_directory(directory: &Path) -> Self {
        let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        // What a mutation says hangs on their order.
        files.sort();
        let read = files.iter().filter_map(|file| std::fs::read(file).ok());
        let seeds = Self(read.collect());
        assert!(!seeds.0.is_empty(), "no seeds in {}", directory.display());
        seeds
    }

    /// These texts.
    #[must_use]
    pub fn these<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(
            texts
                .into_iter()
                .map(|text| text.as_bytes().to_vec())
                .collect(),
        )
    }

    /// These files.
    #[must_use]
    pub fn of_bytes(files: Vec<Vec<u8>>) -> Self {
        Self(files)
    }

    /// Every line of every file, as a seed of its own.
    #[must_use]
    pub fn by_line(self) -> Self {
        let lines = self
            .0
            .iter()
            .flat_map(|seed| seed.split(|byte| *byte == b'\n'));
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        Self(lines.map(<[u8]>::to_vec).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The seed of a number, of which there are as many as one likes.
    #[must_use]
    pub fn pick(&self, number: u8) -> &[u8] {
        &self.0[usize::from(number) % self.0.len()]
    }
}
