//! Events of time, and what they come to.

use domain::schedule::Times;

use crate::{Event, Fold};

impl Fold for Times {
    fn fold(&mut self, event: &Event) {
        match event {
            Event::ScheduleDefined(defined) => self.define(defined),
            Event::ScheduleFired(fired) => self.fire(fired),
            Event::ScheduleMissed(missed) => self.miss(missed),
            _ => {}
        }
    }
}
