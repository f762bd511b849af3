//! A contributor's values on one board.

use std::ops::{AddAssign, Index, IndexMut};

use domain::Metric;

/// Values by metric: thousandths of a point, and numbers of contributions. Also
/// used for differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Values([i64; Metric::ALL.len()]);

impl Values {
    /// Whether there is nothing on the board.
    pub(super) fn is_zero(&self) -> bool {
        self == &Self::default()
    }
}

impl Index<Metric> for Values {
    type Output = i64;

    fn index(&self, metric: Metric) -> &i64 {
        &self.0[metric.index()]
    }
}

impl IndexMut<Metric> for Values {
    fn index_mut(&mut self, metric: Metric) -> &mut i64 {
        &mut self.0[metric.index()]
    }
}

impl AddAssign for Values {
    fn add_assign(&mut self, other: Self) {
        for (value, difference) in self.0.iter_mut().zip(other.0) {
            *value += difference;
        }
    }
}
