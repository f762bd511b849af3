//! Descriptions: paragraphs, with code in back quotes.

/// Paragraphs of pieces, which are code or not.
pub(super) type Text = Vec<Vec<Piece>>;

/// A piece of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) is_code: bool,
}

/// Reads a description.
pub(super) fn read(description: &str) -> Text {
    let paragraphs = description.split("\n\n").map(str::trim);
    let paragraphs = paragraphs.filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(pieces).collect()
}

fn pieces(paragraph: &str) -> Vec<Piece> {
    // Every second piece stands between two quotes.
    let pieces = paragraph.split('`').zip([false, true].into_iter().cycle());
    pieces
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, is_code)| Piece {
            // Lines of comments are one line of text.
            text: text.replace('\n', " "),
            is_code,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_code_and_empty_lines_part() {
        let read = read("Use `all`,\nor a day.\n\nNone: `all`.");
        let shown = read.iter().map(|paragraph| {
            let pieces = paragraph.iter();
            let pieces = pieces.map(|piece| match piece.is_code {
                true => format!("<{}>", piece.text),
                false => piece.text.clone(),
            });
            pieces.collect::<String>()
        });
        let shown: Vec<String> = shown.collect();
        assert_eq!(shown, ["Use <all>, or a day.", "None: <all>."]);
    }
}
