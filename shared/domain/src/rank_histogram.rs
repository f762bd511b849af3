//! How many stand at each value, as a sparse radix tree: a rank is seven sums
//! over it, whatever the size of the board.

use std::collections::BTreeMap;

/// Bits of a value that one level tells apart.
const BITS: u32 = 6;

/// Levels of the tree: values up to 2⁴², some four thousand million points.
const LEVELS: u8 = 7;

/// The prefixes of one level that stand above a value but share all that the
/// levels before could tell: greater than `lower`, up to `upper`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelRange {
    /// The level, from 0; the prefixes of the last are whole values.
    pub level: u8,
    /// The prefix of the value itself.
    pub lower: i64,
    /// The last prefix that is meant.
    pub upper: i64,
}

/// The part of a value that a level and those before it tell apart.
fn prefix(value: i64, level: u8) -> i64 {
    value >> (BITS * u32::from(LEVELS - 1 - level))
}

/// The ranges that together hold exactly the values greater than this one.
pub fn ranges_above(value: i64) -> impl Iterator<Item = LevelRange> {
    (0..LEVELS).map(move |level| {
        let lower = prefix(value, level);
        // Nothing is above the first level, so it is open-ended.
        let upper = match level {
            0 => i64::MAX,
            _ => lower | ((1 << BITS) - 1),
        };
        LevelRange {
            level,
            lower,
            upper,
        }
    })
}

/// The values of a board's members, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RankHistogram(BTreeMap<(u8, i64), u64>);

impl RankHistogram {
    /// The level whose prefixes are the values themselves.
    pub const WHOLE_VALUES: u8 = LEVELS - 1;

    /// Adds members at a value above zero.
    pub fn add(&mut self, value: i64, members: u64) {
        for level in 0..LEVELS {
            *self.0.entry((level, prefix(value, level))).or_default() += members;
        }
    }

    /// Takes a member away that was added at this value.
    pub fn remove(&mut self, value: i64) {
        for level in 0..LEVELS {
            let key = (level, prefix(value, level));
            if let Some(members) = self.0.get_mut(&key) {
                *members -= 1;
                if *members == 0 {
                    self.0.remove(&key);
                }
            }
        }
    }

    /// How many members have more than this value.
    #[must_use]
    pub fn members_above(&self, value: i64) -> u64 {
        ranges_above(value)
            .filter(|range| range.lower < range.upper)
            .flat_map(|range| {
                let above = (range.level, range.lower + 1)..=(range.level, range.upper);
                self.0.range(above)
            })
            .map(|(_, members)| members)
            .sum()
    }

    /// How many members there are.
    #[must_use]
    pub fn members(&self) -> u64 {
        self.0
            .range((0, i64::MIN)..(1, i64::MIN))
            .map(|(_, members)| members)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_ranges_count_exactly_what_is_greater() {
        let members = [
            1,
            2,
            63,
            64,
            65,
            3_000,
            3_000,
            4_095,
            4_096,
            262_144,
            1 << 40,
            1 << 50,
        ];
        let mut histogram = RankHistogram::default();
        members
            .into_iter()
            .for_each(|member| histogram.add(member, 1));
        for value in members.into_iter().chain([0, 3_001, 1 << 41]) {
            let greater = members.iter().filter(|member| **member > value).count();
            assert_eq!(histogram.members_above(value), greater as u64, "{value}");
        }
        assert_eq!(histogram.members(), members.len() as u64);
        members
            .into_iter()
            .for_each(|member| histogram.remove(member));
        assert_eq!(histogram, RankHistogram::default());
    }
}
