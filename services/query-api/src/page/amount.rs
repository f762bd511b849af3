//! Sums of money as pages show them.

use domain::budget::Money;

use crate::points::number;

/// Millionths in a cent, and in a dollar.
const CENT: u64 = 10_000;
const DOLLAR: u64 = 1_000_000;

/// A sum to the cent, and exactly on hover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) shown: String,
    pub(crate) exact: String,
}

impl Amount {
    /// A sum in millionths of a dollar.
    pub(crate) fn of(micros: u64) -> Self {
        Self {
            shown: dollars(micros),
            exact: format!("{} US dollars", Money::from_micros(micros)),
        }
    }
}

/// `$1,234.56`, rounded to the cent; what is more than nothing is not shown as
/// nothing.
pub(crate) fn dollars(micros: u64) -> String {
    if (1..CENT / 2).contains(&micros) {
        return "under 1¢".to_owned();
    }
    let cents = micros.saturating_add(CENT / 2) / CENT;
    let whole = i64::try_from(cents / 100).unwrap_or(i64::MAX);
    format!("${}.{:02}", number(whole), cents % 100)
}

/// `$20`, `$2.50`: as short as it is exact to the cent, for scales.
pub(crate) fn short_dollars(micros: u64) -> String {
    if micros.is_multiple_of(DOLLAR) {
        let whole = i64::try_from(micros / DOLLAR).unwrap_or(i64::MAX);
        return format!("${}", number(whole));
    }
    if micros < CENT {
        return format!("${}", Money::from_micros(micros));
    }
    dollars(micros)
}

/// Bytes in the unit that BigQuery is paid by: `1.2 TiB`, `340 GiB`.
pub(crate) fn bytes_words(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut size = bytes as f64;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    match size {
        _ if unit == 0 => format!("{bytes} bytes"),
        size if size < 10.0 => format!("{size:.1} {}", UNITS[unit]),
        size => format!("{size:.0} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_shown_to_the_cent_and_never_as_nothing() {
        let shown = |micros| Amount::of(micros).shown;
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(60), "under 1¢");
        assert_eq!(shown(1_234_560_000), "$1,234.56");
        assert_eq!(shown(9_995_000), "$10.00");
        assert_eq!(Amount::of(60).exact, "0.00006 US dollars");
    }

    #[test]
    fn scales_are_short() {
        assert_eq!(short_dollars(20_000_000), "$20");
        assert_eq!(short_dollars(2_500_000), "$2.50");
        assert_eq!(short_dollars(500), "$0.0005");
    }

    #[test]
    fn bytes_are_in_the_largest_unit_that_fits() {
        assert_eq!(bytes_words(12), "12 bytes");
        assert_eq!(bytes_words(1 << 40), "1.0 TiB");
        assert_eq!(bytes_words(340 << 30), "340 GiB");
    }
}
