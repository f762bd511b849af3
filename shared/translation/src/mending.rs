//! Mending documents that hold what no JSON text may hold. GitHub's own do:
//! whoever cuts a message within a character leaves half of it behind.

/// The document with everything replaced that no JSON text may hold: bytes that
/// are no characters, bare control characters, and halves of surrogate pairs.
/// `None` when there is nothing of the kind.
#[must_use]
pub fn mend(document: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(document);
    let text: String = text
        .chars()
        .map(|character| match character {
            '\t' | '\r' | '\n' => ' ',
            control if control.is_ascii_control() && control != '\u{7f}' => '\u{fffd}',
            other => other,
        })
        .collect();
    let mended = replace_lone_surrogates(text);
    (mended.as_bytes() != document).then_some(mended)
}

/// Replaces `\ud800` without its other half, and the other way round.
fn replace_lone_surrogates(text: String) -> String {
    if !text.contains("\\u") {
        return text;
    }
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(position) = rest.find('\\') {
        let (before, escape) = rest.split_at(position);
        replaced.push_str(before);
        let (taken, whole) = escape_length(escape);
        let (escape, after) = escape.split_at(taken);
        replaced.push_str(if whole { escape } else { "\\ufffd" });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// The length of the escape that a text begins with, both halves of a pair
/// taken together, and whether it stands for a character.
fn escape_length(escape: &str) -> (usize, bool) {
    match (code_unit(escape), escape.get(6..).and_then(code_unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, true),
        (Some(0xd800..=0xdfff), _) => (6, false),
        (Some(_), _) => (6, true),
        (None, _) => {
            let escaped = escape.chars().nth(1).map_or(0, char::len_utf8);
            (1 + escaped, true)
        }
    }
}

/// The UTF-16 code unit of `\u` and four digits at the start of a text.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all_digits.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> domain::SourceReference {
        domain::SourceReference {
            source: domain::Source::Webhook,
            reference: String::new(),
        }
    }

    #[test]
    fn an_event_with_half_a_character_is_an_event() {
        let event = br#"{"id":"1","type":"WatchEvent","actor":{"id":1,"login":"a\ud83d"},"repo":{"id":7},"payload":{"action":"started"},"created_at":"2016-01-02T03:04:05Z"}"#;
        assert!(crate::translate(event, &source()).is_err());
        let mended = crate::translate_mended(event, &source()).unwrap();
        assert_eq!(mended.contributions, 1);
        assert!(crate::translate_mended(b"{\"type\":", &source()).is_err());
    }

    #[test]
    fn a_delivery_with_half_a_character_is_a_delivery() {
        let body = br#"{"ref":"refs/heads/main","before":"a","after":"b","sender":{"id":1,"login":"ada"},"repository":{"id":7,"full_name":"org/repo"},"commits":[{"id":"b","message":"cut \ud83d"}]}"#;
        let delivery = crate::Delivery {
            event: "push",
            body,
            received_at: chrono::DateTime::UNIX_EPOCH,
        };
        let translated = crate::translate_webhook(&delivery, &source()).unwrap();
        assert_eq!(translated.contributions, 1);
    }

    #[test]
    fn what_is_whole_needs_no_mending() {
        for whole in [
            r#"{"a":"b"}"#,
            r#"{"a":"\ud83d\ude00"}"#,
            r#"{"a":"\\ud800"}"#,
            "{\"a\":\"\u{2028}\"}",
        ] {
            assert_eq!(mend(whole.as_bytes()), None, "{whole}");
        }
    }

    #[test]
    fn what_json_refuses_is_replaced() {
        for (broken, mended) in [
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"\ude00x"}"#, r#"{"a":"\ufffdx"}"#),
            (
                r#"{"a":"\ud83d\ud83d\ude00"}"#,
                r#"{"a":"\ufffd\ud83d\ude00"}"#,
            ),
            ("{\"a\":\"\u{1}\"}", "{\"a\":\"\u{fffd}\"}"),
        ] {
            assert_eq!(mend(broken.as_bytes()).as_deref(), Some(mended));
            serde_json::from_str::<serde_json::Value>(mended).unwrap();
        }
        let bytes = b"{\"a\":\"\xff\"}";
        assert_eq!(mend(bytes).as_deref(), Some("{\"a\":\"\u{fffd}\"}"));
    }
}
