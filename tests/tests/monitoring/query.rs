//! What a query of Prometheus asks for.

use std::iter::Peekable;
use std::str::Chars;

/// Series that a query reads, as it names them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) name: String,
    /// What is in its braces, with them; empty without any.
    pub(super) labels: String,
}

/// Words that are followed by a list of labels.
const BEFORE_LABELS: [&str; 6] = [
    "by",
    "group_left",
    "group_right",
    "ignoring",
    "on",
    "without",
];

/// Words that stand between expressions, and aggregations, which may be
/// followed by a word instead of a parenthesis.
const WORDS: [&str; 13] = [
    "and", "avg", "bool", "bottomk", "count", "max", "min", "offset", "or", "sum", "topk",
    "unless", "quantile",
];

/// All selectors of a query, in its order.
pub(super) fn selectors(query: &str) -> Vec<Selector> {
    let mut found = Vec::new();
    let mut rest = query.chars().peekable();
    while let Some(&next) = rest.peek() {
        match next {
            '"' => drop(enclosed(&mut rest, '"')),
            '[' => drop(enclosed(&mut rest, ']')),
            '0'..='9' => drop(word(&mut rest)),
            next if is_of_a_word(next) => found.extend(selector(&mut rest)),
            _ => drop(rest.next()),
        }
    }
    found
}

fn selector(rest: &mut Peekable<Chars<'_>>) -> Option<Selector> {
    let name = word(rest);
    while rest.next_if(|next| next.is_whitespace()).is_some() {}
    let next = rest.peek().copied();
    if BEFORE_LABELS.contains(&name.as_str()) {
        if next == Some('(') {
            enclosed(rest, ')');
        }
        return None;
    }
    if next == Some('(') || WORDS.contains(&name.as_str()) {
        return None;
    }
    let labels = match next {
        Some('{') => enclosed(rest, '}'),
        _ => String::new(),
    };
    Some(Selector { name, labels })
}

/// The series that a query asks the growth of, as it names them.
pub(super) fn grown(query: &str) -> Vec<String> {
    let asked = query.split("increase(").skip(1);
    asked
        .filter_map(|rest| Some(rest.split_once('[')?.0.to_owned()))
        .collect()
}

/// A query whose comparisons are answered with 1 or 0, instead of with nothing where
/// they do not hold.
pub(super) fn as_numbers(query: &str) -> String {
    let mut numbers = String::new();
    let mut rest = query.chars().peekable();
    while let Some(&next) = rest.peek() {
        match next {
            '"' => numbers += &enclosed(&mut rest, '"'),
            '{' => numbers += &enclosed(&mut rest, '}'),
            '<' | '>' | '=' | '!' => {
                while let Some(sign) = rest.next_if(|sign| "<>=!".contains(*sign)) {
                    numbers.push(sign);
                }
                numbers += " bool";
            }
            _ => numbers.extend(rest.next()),
        }
    }
    numbers
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':' | '.')
}

fn word(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(letter) = rest.next_if(|next| is_of_a_word(*next)) {
        word.push(letter);
    }
    word
}

/// From an opening sign to the closing one; signs within texts do not count.
fn enclosed(rest: &mut Peekable<Chars<'_>>, end: char) -> String {
    let mut all = String::new();
    let mut in_text = false;
    all.extend(rest.next());
    for letter in rest.by_ref() {
        all.push(letter);
        if letter == end && !in_text {
            break;
        }
        in_text ^= letter == '"';
    }
    all
}

#[test]
fn selectors_are_found_and_nothing_else() {
    let query = r#"max by (a, b) (rate(x_total{le="}",c=~"y.."}[5m]) * on (d) group_left () z:w:v)
                   / sum(up) > 0.8e12 and on () histogram_quantile(0.95, h_bucket) unless q"#;
    let found: Vec<String> = selectors(query)
        .into_iter()
        .map(|selector| selector.name + &selector.labels)
        .collect();
    let expected = [
        r#"x_total{le="}",c=~"y.."}"#,
        "z:w:v",
        "up",
        "h_bucket",
        "q",
    ];
    assert_eq!(found, expected);
}

#[test]
fn comparisons_become_numbers() {
    let query = r#"max(a{b!="<",c=~"}"}) >= 70 and on () sum(increase(d[5m])) == 0"#;
    let numbers = r#"max(a{b!="<",c=~"}"}) >= bool 70 and on () sum(increase(d[5m])) == bool 0"#;
    assert_eq!(as_numbers(query), numbers);
    assert_eq!(grown(query), ["d"]);
}
