//! Tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::Value;

/// A column: its heading, and whether it holds numbers.
pub(crate) type Column = (&'static str, bool);

/// A table with its numbers to the right.
pub(crate) fn table<C: Into<Cell>>(
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<C>>,
) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if !runtime::is_coloured(&std::io::stdout()) {
        table.force_no_tty();
    }
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    for row in rows {
        table.add_row(row);
    }
    for (index, (_, numeric)) in columns.iter().enumerate() {
        if let (true, Some(column)) = (numeric, table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A JSON value as a cell: texts without quotes, whole numbers with
/// separators, nothing for null.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number
            .as_i64()
            .map_or_else(|| number.to_string(), separated),
        other => other.to_string(),
    }
}

/// A whole number with thousands separators.
pub(crate) fn separated(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(separated(1_234_567), "1,234,567");
        assert_eq!(separated(-12), "-12");
        assert_eq!(separated(100), "100");
    }
}
