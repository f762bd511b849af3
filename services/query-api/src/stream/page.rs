//! A part of what is told, as it is read from the database: events on end, and
//! which of them are about what.

use std::ops::Range;

use axum::body::Bytes;

use super::Position;

/// What happened from one place to another, for readers of all of it and for
/// those of a part.
#[derive(Debug)]
pub(super) struct Page {
    from: Position,
    to: Position,
    /// Places within that readers may stand at.
    stops: Vec<Position>,
    pieces: Vec<Piece>,
    /// All events on end, shared by everybody who reads them.
    frames: Bytes,
    /// Whether there is more after it already.
    pub(super) is_full: bool,
}

/// One event.
#[derive(Debug)]
struct Piece {
    at: Position,
    topic: String,
    range: Range<usize>,
}

/// A page being written.
pub(super) struct PageWriter {
    from: Position,
    stops: Vec<Position>,
    pieces: Vec<Piece>,
    frames: String,
}

impl PageWriter {
    pub(super) fn after(from: Position) -> Self {
        Self {
            from,
            stops: Vec::new(),
            pieces: Vec::new(),
            frames: String::new(),
        }
    }

    /// Notes a place that readers may stand at.
    pub(super) fn stop(&mut self, at: Position) {
        if self.stops.last() != Some(&at) {
            self.stops.push(at);
        }
    }

    /// Adds an event about something.
    pub(super) fn push(&mut self, at: Position, topic: String, frame: &str) {
        let start = self.frames.len();
        self.frames.push_str(frame);
        self.pieces.push(Piece {
            at,
            topic,
            range: start..self.frames.len(),
        });
    }

    /// Ends it at a place.
    pub(super) fn finish(mut self, to: Position, is_full: bool) -> Page {
        // A page may end within a batch.
        self.stops.retain(|stop| stop.number <= to.number);
        Page {
            from: self.from,
            to,
            stops: self.stops,
            pieces: self.pieces,
            frames: Bytes::from(self.frames),
            is_full,
        }
    }
}

impl Page {
    /// Where it ends.
    pub(super) fn to(&self) -> Position {
        self.to
    }

    /// Whether it tells nothing, and leads nowhere.
    pub(super) fn is_idle(&self) -> bool {
        self.from == self.to
    }

    /// What it tells about a topic, or about all, to somebody who stands at a
    /// place; `None` when it does not go on from there.
    pub(super) fn after(&self, at: Position, topic: Option<&str>) -> Option<Vec<Bytes>> {
        if !self.goes_on_from(at) {
            return None;
        }
        let first = self
            .pieces
            .partition_point(|piece| piece.at.number <= at.number);
        let pieces = self.pieces.get(first..).unwrap_or_default();
        let Some(topic) = topic else {
            let start = pieces.first().map(|piece| piece.range.start);
            let rest = start.map(|start| self.frames.slice(start..));
            return Some(rest.into_iter().collect());
        };
        let wanted = pieces.iter().filter(|piece| piece.topic == topic);
        let frames = wanted.map(|piece| self.frames.slice(piece.range.clone()));
        Some(frames.collect())
    }

    /// Whether somebody who stands there has missed nothing before it, and it
    /// has what follows.
    fn goes_on_from(&self, at: Position) -> bool {
        let within = self.from.number <= at.number && at.number <= self.to.number;
        // Numbers without a token are sequences of the log.
        let is_of_log = self.from.token == 0 && at.token == 0 && self.to.token == 0;
        at == self.from || within && is_of_log || self.stops.contains(&at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: i64, token: u32) -> Position {
        Position { number, token }
    }

    /// Two batches: changes 5 and 6, and 7 to 9, of which 8 is not shown.
    fn page() -> Page {
        let mut page = PageWriter::after(at(4, 1));
        for (number, token, topic) in [(5, 2, "a"), (6, 2, "b"), (7, 3, "a"), (9, 3, "b")] {
            page.push(at(number, token), topic.to_owned(), &format!("{number} "));
            page.stop(at(if token == 2 { 6 } else { 9 }, token));
        }
        page.finish(at(9, 3), false)
    }

    fn told(page: &Page, from: Position, topic: Option<&str>) -> Option<String> {
        let frames = page.after(from, topic)?;
        let texts = frames.iter().map(|frame| String::from_utf8_lossy(frame));
        Some(texts.collect())
    }

    #[test]
    fn readers_go_on_from_where_they_stand() {
        let page = page();
        let told = |from, topic| told(&page, from, topic);
        assert_eq!(told(at(4, 1), None).as_deref(), Some("5 6 7 9 "));
        assert_eq!(told(at(6, 2), None).as_deref(), Some("7 9 "));
        assert_eq!(told(at(9, 3), None).as_deref(), Some(""));
        assert_eq!(told(at(4, 1), Some("b")).as_deref(), Some("6 9 "));
        assert_eq!(told(at(6, 2), Some("b")).as_deref(), Some("9 "));
        assert_eq!(told(at(6, 2), Some("c")).as_deref(), Some(""));
    }

    #[test]
    fn nobody_goes_on_from_another_generation_or_over_a_gap() {
        let page = page();
        for elsewhere in [at(4, 9), at(6, 9), at(9, 2), at(3, 1), at(10, 3)] {
            assert_eq!(told(&page, elsewhere, None), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_page_that_ends_within_a_batch_leads_nobody_back() {
        let mut page = PageWriter::after(at(4, 1));
        page.push(at(5, 2), "a".to_owned(), "5 ");
        page.stop(at(6, 2));
        let page = page.finish(at(5, 2), true);
        assert_eq!(told(&page, at(6, 2), None), None);
    }

    #[test]
    fn sequences_of_the_log_are_the_same_everywhere() {
        let mut page = PageWriter::after(at(4, 0));
        page.push(at(6, 0), "job".to_owned(), "6 ");
        let page = page.finish(at(8, 0), false);
        assert_eq!(told(&page, at(5, 0), None).as_deref(), Some("6 "));
        assert_eq!(told(&page, at(7, 0), None).as_deref(), Some(""));
        assert_eq!(told(&page, at(9, 0), None), None);
    }
}
