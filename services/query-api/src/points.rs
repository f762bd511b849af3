//! Points and numbers as people read them.

use domain::Thousandths;

/// Thousandths of a point as an exact decimal: `1234.560`.
pub(crate) fn decimal(thousandths: Thousandths) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let size = thousandths.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
}

/// Whole points with thousands separators, and the three decimals apart, so
/// that a page can set them smaller: (`1,234`, `.560`).
pub(crate) fn parts(thousandths: Thousandths) -> (String, String) {
    let size = thousandths.unsigned_abs();
    let sign = if thousandths < 0 { "−" } else { "" };
    (
        format!("{sign}{}", group_digits(size / 1_000)),
        format!(".{:03}", size % 1_000),
    )
}

/// Points as short as they are exact: `10`, `0.01`, `12.5`.
pub(crate) fn short(thousandths: Thousandths) -> String {
    let text = decimal(thousandths);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number with thousands separators: `1,234,567`.
pub(crate) fn number(value: i64) -> String {
    let sign = if value < 0 { "−" } else { "" };
    format!("{sign}{}", group_digits(value.unsigned_abs()))
}

fn group_digits(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_exact() {
        assert_eq!(decimal(1_234_560), "1234.560");
        assert_eq!(decimal(5), "0.005");
        assert_eq!(decimal(-1_005), "-1.005");
        assert_eq!(parts(1_234_560), ("1,234".into(), ".560".into()));
        assert_eq!(short(10_000), "10");
        assert_eq!(short(10), "0.01");
        assert_eq!(short(0), "0");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_000), "1,000");
        assert_eq!(number(-1_234_567), "−1,234,567");
    }
}
