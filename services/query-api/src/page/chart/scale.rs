//! Scales whose steps people can count in.

/// A scale from nothing to `top`, in equal steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) top: i64,
    pub(super) step: i64,
}

/// Steps at most.
const STEPS: i64 = 5;

impl Scale {
    /// The smallest scale that holds a value, in steps of 1, 2 or 5 and zeros.
    pub(super) fn up_to(most: i64) -> Self {
        let most = most.max(1);
        let mut unit = 1_i64;
        loop {
            for digit in [1, 2, 5] {
                let step = unit.saturating_mul(digit);
                let steps = most.div_euclid(step) + i64::from(most.rem_euclid(step) > 0);
                if steps <= STEPS {
                    let top = step.saturating_mul(steps);
                    return Self { top, step };
                }
            }
            unit = unit.saturating_mul(10);
        }
    }

    /// Every height that is written down.
    pub(super) fn steps(self) -> impl Iterator<Item = i64> {
        (0..=self.top / self.step).map(move |place| place * self.step)
    }

    /// How many of `height` a value takes.
    pub(super) fn height(self, value: i64, height: i64) -> i64 {
        let part = i128::from(value) * i128::from(height) / i128::from(self.top);
        i64::try_from(part).unwrap_or(height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_few() {
        for (most, top, step) in [
            (0, 1, 1),
            (4, 4, 1),
            (7, 8, 2),
            (93, 100, 20),
            (1_001, 1_500, 500),
        ] {
            assert_eq!(Scale::up_to(most), Scale { top, step }, "{most}");
        }
        assert_eq!(Scale::up_to(7).steps().collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
        assert!(Scale::up_to(i64::MAX).top > 0);
    }
}
