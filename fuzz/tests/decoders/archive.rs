//! Files of the archives: their lines of every era, their gzip, and what is left
//! of damaged ones.

use std::io::{Read, Write};

use bolero::check;
use domain::Source;
use flate2::Compression;
use flate2::write::GzEncoder;
use fuzz::{Mutation, Seeds};
use scraper::ingest::Decoded;
use scraper::sources::archive::{LineReader, Manifest, Piece, ReadSummary, salvage};
use scraper::sources::github::{Comparison, Repository};
use serde_json::Value;
use serde_json::value::RawValue;
use translation::{Translation, translate};

use crate::support::{assert_sound, seen};

fn lines() -> Seeds {
    Seeds::of("lines").by_line()
}

fn told(translation: &Translation) -> String {
    format!("{translation:?}")
}

#[test]
fn every_seed_is_counted() {
    for line in lines().iter() {
        let translation = translate(line, &seen(Source::Archive)).unwrap();
        assert!(translation.occurred_at.is_some());
        assert_sound(&translation);
    }
}

#[test]
fn a_line_means_the_same_however_it_is_written() {
    let seeds = lines();
    check!()
        .with_type::<Mutation>()
        .with_iterations(4_000)
        .for_each(|mutation| {
            let line = mutation.apply(&seeds);
            let source = seen(Source::Archive);
            let Ok(translation) = translate(&line, &source) else {
                return;
            };
            assert_sound(&translation);
            // Members in another order, and other spaces between them.
            let Ok(value) = serde_json::from_slice::<Value>(&line) else {
                return;
            };
            let rewritten = serde_json::to_vec_pretty(&value).unwrap();
            let again = translate(&rewritten, &source).unwrap();
            assert_eq!(told(&again), told(&translation));
        });
}

#[test]
fn what_can_be_salvaged_is_whole_and_the_rest_is_told_of() {
    let seeds = lines();
    check!()
        .with_type::<Mutation>()
        .with_iterations(4_000)
        .for_each(|mutation| {
            let line = mutation.apply(&seeds);
            let found = salvage(&line);
            for document in &found.documents {
                serde_json::from_str::<&RawValue>(document).unwrap();
                let again = salvage(document.as_bytes());
                assert_eq!(again.documents, [document.trim_ascii()]);
                assert_eq!((again.torn, again.repaired), (vec![], false));
            }
            for (error, _) in &found.torn {
                assert!(!error.is_empty());
            }
            if !line.trim_ascii().is_empty() {
                assert!(!found.documents.is_empty() || !found.torn.is_empty());
            }
            if found.torn.is_empty() && !found.repaired {
                let kept: String = found.documents.concat();
                let bare = |text: &str| text.replace(|one: char| one.is_ascii_whitespace(), "");
                assert_eq!(bare(&kept), bare(&String::from_utf8(line).unwrap()));
            }
        });
}

/// Gives as many bytes at a time as it likes.
struct Dribble<'a> {
    bytes: &'a [u8],
    at_a_time: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self
            .at_a_time
            .max(1)
            .min(buffer.len())
            .min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

/// What a file says: its lines with their numbers, its damages, and the rest.
#[derive(Debug, PartialEq)]
struct Said {
    lines: Vec<(u64, Vec<u8>)>,
    damages: Vec<(u64, String, u64)>,
    summary: ReadSummary,
}

fn read(bytes: &[u8], at_a_time: usize, longest: usize) -> Option<Said> {
    let mut reader = LineReader::open(Dribble { bytes, at_a_time }, longest).ok()?;
    let (mut lines, mut damages) = (Vec::new(), Vec::new());
    let mut decoded = Decoded::default();
    for piece in reader.by_ref() {
        decoded.add("fuzz.json.gz", &piece);
        match piece {
            Piece::Lines(found) => {
                lines.extend(
                    found
                        .numbered()
                        .map(|(number, line)| (number, line.to_vec())),
                );
            }
            Piece::Damage(damage) => {
                // Why data is corrupt is said by how far it was inflated at once.
                let place = damage
                    .error
                    .split("of the file: ")
                    .next()
                    .unwrap_or_default();
                damages.push((damage.line, place.to_owned(), damage.bytes));
            }
        }
    }
    assert_eq!(decoded.tally.damaged as usize, decoded.damages.len());
    assert!(decoded.damages.len() >= damages.len());
    assert!(lines.is_sorted_by(|one, next| one.0 < next.0), "{lines:?}");
    assert!(damages.is_sorted_by_key(|damage| damage.0), "{damages:?}");
    Some(Said {
        lines,
        damages,
        summary: reader.summary(),
    })
}

/// Compresses pieces as members of their own.
fn compressed(pieces: &[&[u8]]) -> Vec<u8> {
    let mut file = Vec::new();
    for piece in pieces {
        let mut member = GzEncoder::new(Vec::new(), Compression::fast());
        member.write_all(piece).unwrap();
        file.extend(member.finish().unwrap());
    }
    file
}

#[test]
fn a_file_says_the_same_in_pieces_of_any_size_compressed_or_not() {
    let seeds = Seeds::of("lines");
    check!()
        .with_type::<(Mutation, u8, u16, u16)>()
        .with_iterations(400)
        .for_each(|(mutation, at_a_time, cut, longest)| {
            let text = mutation.apply(&seeds);
            let longest = usize::from(*longest) + 1;
            let Some(whole) = read(&text, text.len(), longest) else {
                return;
            };
            assert_eq!(whole.summary.bytes, text.len() as u64);
            let at_a_time = usize::from(*at_a_time);
            // Text that begins as gzip does is gzip.
            assert_eq!(read(&text, at_a_time, longest).as_ref(), Some(&whole));
            if text.starts_with(&[0x1f, 0x8b]) {
                return;
            }
            assert!(whole.summary.whole);
            let cut = usize::from(*cut) % (text.len() + 1);
            let (first, second) = text.split_at(cut);
            let file = compressed(&[first, second]);
            let said = read(&file, at_a_time, longest).unwrap();
            assert_eq!((&said.lines, &said.damages), (&whole.lines, &whole.damages));
            assert!(said.summary.whole);
        });
}

#[test]
fn a_damaged_file_is_read_to_its_end_and_never_called_whole() {
    let texts = Seeds::of("lines");
    let cut = |text: &[u8]| {
        let (first, second) = text.split_at(text.len() / 3);
        [first.to_vec(), second.to_vec()]
    };
    // Without line ends, which say nothing of their own.
    let mut parts: Vec<Vec<u8>> = texts.iter().flat_map(cut).collect();
    let files: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| compressed(&cut(text).each_ref().map(Vec::as_slice)))
        .collect();
    for part in &mut parts {
        part.retain(|byte| *byte != b'\n');
    }
    let seeds = Seeds::of_bytes(files);
    check!()
        .with_type::<(Mutation, u8)>()
        .with_iterations(400)
        .for_each(|(mutation, at_a_time)| {
            let file = mutation.apply(&seeds);
            let Some(said) = read(&file, usize::from(*at_a_time), 100_000) else {
                return;
            };
            assert_eq!(read(&file, file.len(), 100_000).as_ref(), Some(&said));
            assert_eq!(said.summary.bytes, file.len() as u64);
            assert!(!said.summary.whole || said.damages.is_empty());
            // A sum is checked over every member: what is called whole holds whole
            // members, which here are those of our files.
            if said.summary.whole && file.starts_with(&[0x1f, 0x8b]) {
                let text: Vec<u8> = said
                    .lines
                    .iter()
                    .flat_map(|(_, line)| line.clone())
                    .collect();
                assert!(is_made_of(&text, &parts), "{said:?}");
            }
        });
}

/// Whether a text is nothing but these parts, in whatever order.
fn is_made_of(text: &[u8], parts: &[Vec<u8>]) -> bool {
    text.is_empty()
        || parts
            .iter()
            .filter(|part| !part.is_empty() && text.starts_with(part))
            .any(|part| is_made_of(&text[part.len()..], parts))
}

#[test]
fn manifests_and_objects_of_the_api_are_read_or_refused() {
    let seeds = Seeds::these([
        r#"{"event_count":12,"sha256":"ab"}"#,
        r#"{"events":0,"compressed_sha256":null}"#,
        r#"{"id":7,"full_name":"octo/hello","private":false}"#,
        r#"{"total_commits":1,"commits":[{"sha":"aa","commit":{"message":"m"},"author":{"id":1,"login":"Ann","type":"User"}},{"sha":"bb","commit":{},"author":{}},{"sha":"cc","commit":{},"author":null}]}"#,
    ]);
    check!()
        .with_type::<Mutation>()
        .with_iterations(4_000)
        .for_each(|mutation| {
            let text = mutation.apply(&seeds);
            if let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) {
                let promised = manifest.sha256.clone().unwrap_or_default();
                let events = manifest.events.unwrap_or_default();
                assert_eq!(
                    manifest.disagreements(events, &promised),
                    Vec::<String>::new()
                );
                assert!(manifest.is_met(events, &promised));
            }
            // What is ignored need not be a number that fits.
            if let Ok(repository) = serde_json::from_slice::<Repository>(&text)
                && let Ok(value) = serde_json::from_slice::<Value>(&text)
            {
                assert_eq!(value["id"], repository.id);
                assert_eq!(value["full_name"], repository.full_name);
            }
            if let Ok(comparison) = serde_json::from_slice::<Comparison>(&text) {
                for account in comparison
                    .commits
                    .iter()
                    .filter_map(|one| one.author_account())
                {
                    assert!(account.id.is_some());
                }
            }
        });
}
