//! Lines too long to be kept are passed over in constant memory.

use std::io::{Cursor, Read};

use crate::support::{Outcome, gzip, star};
use scraper::sources::archive::{LineReader, Piece};

const MEGABYTE: usize = 1_024 * 1_024;

/// A member of a megabyte without a line end; gzip members just follow each
/// other, so a hundred of them are a line of a hundred megabytes.
fn gigantic_line(megabytes: usize) -> Result<Vec<u8>, std::io::Error> {
    let member = gzip(&vec![b'a'; MEGABYTE])?;
    let before = gzip(format!("{}\n{{\"id\":\"", star(1)).as_bytes())?;
    let after = gzip(format!("\"}}\n{}\n", star(3)).as_bytes())?;
    Ok([before, member.repeat(megabytes), after].concat())
}

#[test]
fn a_line_of_a_hundred_megabytes_is_told_and_not_kept() -> Outcome {
    let longest = 4 * MEGABYTE;
    let file = gigantic_line(100)?;
    let mut reader = LineReader::open(file.as_slice(), longest)?;
    let (mut numbers, mut damages, mut largest) = (Vec::new(), Vec::new(), 0);
    for piece in reader.by_ref() {
        match piece {
            Piece::Lines(lines) => {
                largest = largest.max(lines.bytes.capacity());
                numbers.extend(lines.numbered().map(|(number, _)| number));
            }
            Piece::Damage(damage) => damages.push(damage),
        }
    }
    assert_eq!(numbers, [1, 3]);
    assert!(largest <= 2 * longest, "{largest} bytes held");
    let [damage] = &damages[..] else {
        return Err("one damage expected".into());
    };
    assert_eq!(damage.line, 2);
    assert_eq!(damage.bytes, 100 * MEGABYTE as u64 + 9);
    assert_eq!(damage.content.len(), 65_536);
    assert_eq!(
        damage.error,
        "the line has 104857609 bytes; lines above 4194304 bytes are not read"
    );
    assert!(reader.summary().whole);
    Ok(())
}

#[test]
fn a_line_as_long_as_is_allowed_is_read() -> Outcome {
    for (length, read) in [(63, true), (64, true), (65, false), (200, false)] {
        let text = format!("{}\n{}\n", "b".repeat(length), "c".repeat(10));
        let reader = LineReader::open(Cursor::new(text), 64)?;
        let mut read_lines = Vec::new();
        let mut damaged_lines = Vec::new();
        for piece in reader {
            match piece {
                Piece::Lines(lines) => {
                    read_lines.extend(lines.numbered().map(|(number, line)| (number, line.len())));
                }
                Piece::Damage(damage) => damaged_lines.push((damage.line, damage.bytes)),
            }
        }
        let first = read.then_some((1, length));
        let expected: Vec<_> = first.into_iter().chain([(2, 10)]).collect();
        assert_eq!(read_lines, expected, "{length}");
        let told = (!read).then_some((1, length as u64));
        assert_eq!(
            damaged_lines,
            told.into_iter().collect::<Vec<_>>(),
            "{length}"
        );
    }
    Ok(())
}

/// Gives its bytes in portions of any size.
struct Portions<'a>(&'a [u8], usize);

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 * 31 % 97 + 1;
        let count = self.1.min(buffer.len()).min(self.0.len());
        let (given, left) = self.0.split_at(count);
        buffer[..count].copy_from_slice(given);
        self.0 = left;
        Ok(count)
    }
}

#[test]
fn lines_do_not_depend_on_how_the_bytes_arrive() -> Outcome {
    let lines: Vec<String> = (0..2_000).map(|n| "x".repeat(n % 700)).collect();
    let plain = lines.join("\n");
    for file in [plain.clone().into_bytes(), gzip(plain.as_bytes())?] {
        let mut read = vec![String::new(); lines.len()];
        for piece in LineReader::open(Portions(&file, 1), 1_000)? {
            let Piece::Lines(piece) = piece else {
                return Err("nothing is damaged".into());
            };
            for (number, line) in piece.numbered() {
                read[usize::try_from(number)? - 1] = std::str::from_utf8(line)?.to_owned();
            }
        }
        assert!(read == lines);
    }
    Ok(())
}
