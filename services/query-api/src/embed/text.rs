//! Text in images. Nobody knows the font that an image is shown in, and names
//! are of any shape: so texts are cut to what fits in a wide font.

use unicode_width::UnicodeWidthChar;

/// Advance widths of DejaVu Sans from the space to the tilde, in thousandths
/// of the size of the font. Verdana is as wide; the fonts that systems set
/// pages in are narrower.
const ADVANCES: [u32; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// What is none of these, by its columns on a terminal: two are as wide as the
/// font is high.
const COLUMNS: [u32; 3] = [0, 650, 1_000];

/// A bold font is so much wider, in hundredths.
const BOLD: u32 = 112;

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Font {
    /// Its size, in pixels.
    pub(crate) size: u32,
    /// Whether it is bold.
    pub(crate) bold: bool,
}

impl Font {
    pub(crate) const fn plain(size: u32) -> Self {
        Self { size, bold: false }
    }

    pub(crate) const fn bold(size: u32) -> Self {
        Self { size, bold: true }
    }

    /// The width of a text, in pixels, rounded up.
    pub(crate) fn width(self, text: &str) -> u32 {
        let thousandths: u32 = text.chars().map(advance).sum();
        let weight = if self.bold { BOLD } else { 100 };
        (thousandths * self.size * weight).div_ceil(100_000)
    }

    /// A text that is no wider than so many pixels, without what a reader would
    /// not see or what would turn the rest around.
    pub(crate) fn fitted(self, text: &str, most: u32) -> String {
        let mut shown = visible(text);
        if self.width(&shown) <= most {
            return shown;
        }
        while let Some(last) = shown.pop() {
            let is_whole = advance(last) > 0;
            if is_whole && self.width(&shown) + self.width("…") <= most {
                break;
            }
        }
        shown.truncate(shown.trim_end().len());
        shown.push('…');
        shown
    }
}

fn advance(letter: char) -> u32 {
    let place = u32::from(letter).checked_sub(32);
    let known = place.and_then(|place| ADVANCES.get(usize::try_from(place).ok()?));
    let columns = letter.width().unwrap_or(0);
    let known = known.or_else(|| COLUMNS.get(columns));
    known.copied().unwrap_or(0)
}

/// Characters of a text that are looked at: more are never shown.
const LOOKED_AT: usize = 500;

/// A text without what is not seen, but for one mark over each letter.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::new();
    let mut may_be_marked = false;
    for letter in text.chars().take(LOOKED_AT) {
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        if is_hidden(letter) {
            continue;
        }
        let is_letter = advance(letter) > 0;
        if is_letter || may_be_marked {
            shown.push(letter);
        }
        may_be_marked = is_letter;
    }
    shown.trim().to_owned()
}

/// Control characters, marks of format and of direction, and what is no
/// character of XML at all (XML 1.0, section 2.2).
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// As many lines of a text as there may be, each no wider than so many pixels.
pub(crate) fn wrapped(text: &str, font: Font, most: u32, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while words.peek().is_some() && wrapped.len() < lines {
        let mut line = String::new();
        while let Some(word) = words.peek() {
            let longer = if line.is_empty() {
                (*word).to_owned()
            } else {
                format!("{line} {word}")
            };
            let is_last = wrapped.len() + 1 == lines;
            if font.width(&longer) > most && !line.is_empty() && !is_last {
                break;
            }
            line = longer;
            words.next();
        }
        wrapped.push(font.fitted(&line, most));
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    const FONT: Font = Font::plain(13);

    #[test]
    fn what_fits_is_shown_whole_and_what_does_not_is_cut() {
        assert_eq!(FONT.fitted("octocat", 100), "octocat");
        let longest = "m".repeat(39);
        let cut = FONT.fitted(&longest, 100);
        assert!(cut.ends_with('…') && FONT.width(&cut) <= 100, "{cut}");
        assert_eq!(FONT.fitted("octo cat", FONT.width("octo  …")), "octo…");
        assert!(FONT.width("octocat") < Font::bold(13).width("octocat"));
    }

    #[test]
    fn names_of_any_shape_are_bounded() {
        let names = [
            "\u{202e}gnp.exe\u{202c}".to_owned(),
            format!("a{}", "\u{301}".repeat(400)),
            "漢字".repeat(300),
            "\u{0}\u{1b}[31mred\u{7f}\u{ffff}".to_owned(),
            "👩‍👩‍👧‍👦".repeat(50),
            "\u{200b}".repeat(1_000),
        ];
        for name in names {
            let shown = FONT.fitted(&name, 200);
            assert!(FONT.width(&shown) <= 200, "{name}");
            assert!(shown.chars().count() < 80, "{name}");
            for never in [
                '\u{0}', '\u{1b}', '\u{7f}', '\u{200b}', '\u{202e}', '\u{ffff}',
            ] {
                assert!(!shown.contains(never), "{name}");
            }
        }
        assert_eq!(
            FONT.fitted("e\u{301}\u{301}te\u{301}", 200),
            "e\u{301}te\u{301}"
        );
    }

    #[test]
    fn lines_are_broken_between_words_and_the_last_is_cut() {
        let text = "No repository called \"octo/cat\" has been seen; check the spelling";
        let lines = wrapped(text, FONT, 200, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'), "{lines:?}");
        assert!(lines.iter().all(|line| FONT.width(line) <= 200));
        assert_eq!(wrapped(text, FONT, 2_000, 2), [text]);
        assert!(wrapped("", FONT, 200, 2).is_empty());
    }
}
