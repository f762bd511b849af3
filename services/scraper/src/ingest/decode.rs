//! Pieces of a file into events: pure, and the same on any thread.

use std::fmt::Write;

use domain::{Source, SourceReference};
use events::Event;

use super::names::Names;
use super::tally::Tally;
use crate::sources::archive::{Damage, Lines, Piece, salvage};
use translation::{TranslateError, Translation, translate};

/// What pieces of a file come to.
#[derive(Debug, Default)]
pub struct Decoded {
    /// The events to publish, in the order of the lines.
    pub events: Vec<Event>,
    /// What could not be read.
    pub damages: Vec<Damage>,
    /// How much of what there was.
    pub tally: Tally,
    /// Names that none of the events carries.
    pub names: Names,
}

impl Decoded {
    /// Takes over what later pieces came to.
    pub fn absorb(&mut self, later: Self) {
        self.events.extend(later.events);
        self.damages.extend(later.damages);
        self.tally.absorb(later.tally);
        self.names.absorb(later.names);
    }

    /// Decodes a piece of a unit and adds what it comes to.
    pub fn add(&mut self, unit: &str, piece: &Piece) {
        match piece {
            Piece::Damage(damage) => self.damage(damage.clone()),
            Piece::Lines(lines) => decode_lines(unit, lines, self),
        }
    }

    fn take(&mut self, translation: Translation) {
        self.tally.count(&translation);
        self.names.add(&translation);
        self.events.extend(translation.events);
    }

    fn damage(&mut self, damage: Damage) {
        self.tally.damaged += 1;
        self.damages.push(damage);
    }
}

fn decode_lines(unit: &str, lines: &Lines, decoded: &mut Decoded) {
    let mut source = SourceReference {
        source: Source::Archive,
        reference: String::new(),
    };
    for (number, line) in lines.numbered() {
        source.reference.clear();
        // Writing to a text cannot fail.
        let _ = write!(source.reference, "{unit}:{number}");
        match translate(line, &source) {
            Ok(translation) => decoded.take(translation),
            Err(TranslateError::Json(_)) => decode_salvaged(line, number, &source, decoded),
            Err(error) => decoded.damage(Damage::new(number, error.to_string(), line)),
        }
    }
}

/// Decodes what can be salvaged of a line that is not one JSON document.
fn decode_salvaged(line: &[u8], number: u64, source: &SourceReference, decoded: &mut Decoded) {
    let salvaged = salvage(line);
    decoded.tally.repaired += u64::from(salvaged.repaired && !salvaged.documents.is_empty());
    let whole = salvaged.documents.len();
    for document in salvaged.documents {
        match translate(document.as_bytes(), source) {
            Ok(translation) => decoded.take(translation),
            Err(error) => {
                decoded.damage(Damage::new(number, error.to_string(), document.as_bytes()));
            }
        }
    }
    for (error, torn) in salvaged.torn {
        let error = match whole {
            0 => format!("the line is not JSON: {error}"),
            1 => format!("a torn event beside a whole one, which is kept: {error}"),
            many => format!("a torn event beside {many} whole ones, which are kept: {error}"),
        };
        decoded.damage(Damage::new(number, error, torn.as_bytes()));
    }
}
