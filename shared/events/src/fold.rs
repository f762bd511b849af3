//! What events come to, one after the other.

use crate::Event;

/// A state that is nothing but the events of a subject, in their order.
pub trait Fold {
    /// Takes an event in. Events that are about something else change nothing.
    fn fold(&mut self, event: &Event);
}
