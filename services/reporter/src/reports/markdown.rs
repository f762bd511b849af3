//! Tables in Markdown.

/// A table; nothing where there are no rows.
pub(super) fn table(heading: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("\n### {heading}\n\n");
    text.push_str(&line(
        columns.iter().map(|column| (*column).to_owned()).collect(),
    ));
    text.push_str(&line(columns.iter().map(|_| "---".to_owned()).collect()));
    for row in rows {
        text.push_str(&line(row.iter().map(|cell| escaped(cell)).collect()));
    }
    text
}

/// A text that stays within its cell.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_breaks_a_table() {
        let rows = [vec!["a|b".to_owned(), "c\nd<script>".to_owned()]];
        let text = table("Things", &["one", "two"], &rows);
        assert_eq!(
            text,
            "\n### Things\n\n| one | two |\n| --- | --- |\n| a\\|b | c d&lt;script> |\n"
        );
        assert_eq!(table("Nothing", &["one"], &[]), "");
    }
}
