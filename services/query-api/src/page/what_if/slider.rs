//! How far a slider goes, and in which steps.

use domain::Thousandths;

use crate::points::short;

/// A slider beside a number.
pub(super) struct Slider {
    pub(super) most: String,
    pub(super) step: String,
    /// What stands after the number when it is read out.
    pub(super) unit: &'static str,
}

impl Slider {
    /// Of something that is worth so much now; it goes at least this far.
    pub(super) fn of_points(worth: Thousandths, least: Thousandths) -> Self {
        let (most, step) = scale(worth.saturating_mul(2).max(least));
        Self {
            most: short(most),
            step: short(step),
            unit: "points",
        }
    }

    /// Of a number of contributions.
    pub(super) fn of_count(count: i64) -> Self {
        let (most, step) = scale(count.saturating_mul(2).max(20));
        Self {
            most: most.to_string(),
            step: step.to_string(),
            unit: "a day",
        }
    }
}

/// The next of 1, 2, 5, 10 and so on that is as large, and forty to a hundred
/// steps to get there, as long as steps are whole.
fn scale(wanted: i64) -> (i64, i64) {
    let mut power: i64 = 1;
    loop {
        for (digit, steps) in [(1, 100), (2, 40), (5, 100)] {
            let most = power.saturating_mul(digit);
            if most >= wanted {
                return (most, (most / steps).max(1));
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliders_have_room_above_what_holds_and_round_steps() {
        let points = |worth| {
            let slider = Slider::of_points(worth, 20_000);
            (slider.most, slider.step)
        };
        let texts = |most: &str, step: &str| (most.to_owned(), step.to_owned());
        assert_eq!(points(0), texts("20", "0.5"));
        assert_eq!(points(10_000), texts("20", "0.5"));
        assert_eq!(points(25_000), texts("50", "0.5"));
        assert_eq!(points(30_000), texts("100", "1"));
        let lines = Slider::of_points(10, 20);
        assert_eq!((lines.most, lines.step), texts("0.02", "0.001"));
        let commits = Slider::of_count(30);
        assert_eq!((commits.most, commits.step), texts("100", "1"));
    }

    #[test]
    fn no_policy_is_too_large_for_a_slider() {
        assert_eq!(scale(i64::MAX).0, i64::MAX);
        assert_eq!(scale(0), (1, 1));
    }
}
