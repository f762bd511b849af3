//! Values within JSON, exchanged for those that decoders trip over.

use serde_json::{Value, json};

/// The value of a number within a document is exchanged for one of another
/// number; none where the bytes are no JSON.
#[must_use]
pub fn with_value_exchanged(bytes: &[u8], which: u16, by: u8) -> Option<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(bytes).ok()?;
    let mut left = usize::from(which) % (count(&document).max(1));
    exchange(&mut document, &mut left, by);
    serde_json::to_vec(&document).ok()
}

fn children(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(values) => values.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    }
}

fn count(value: &Value) -> usize {
    let below: usize = match value {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    };
    below + 1
}

/// Goes on to the value of the number, and says whether it was exchanged.
fn exchange(value: &mut Value, left: &mut usize, by: u8) -> bool {
    if *left == 0 {
        *value = other(value, by);
        return true;
    }
    *left -= 1;
    children(value)
        .into_iter()
        .any(|child| exchange(child, left, by))
}

fn other(value: &Value, by: u8) -> Value {
    match by % 24 {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(u64::MAX),
        5 => json!(i64::MIN),
        6 => json!(0.5),
        7 => json!(1e300),
        8 => json!(""),
        9 => json!("\0"),
        10 => json!("a.b*c>d e=f$g"),
        11 => json!("İstanbul\u{3000}ΣΣ/\u{202e}x y"),
        12 => json!("9".repeat(40)),
        13 => json!("x".repeat(500)),
        14 => json!("2016-02-30T25:61:61Z"),
        15 => json!("+262143-12-31T23:59:60Z"),
        16 => json!("0000-01-01T00:00:00+23:59"),
        17 => json!([]),
        18 => json!({}),
        19 => json!([value, value, value]),
        20 => json!({ "id": value, "login": value, "type": "Bot" }),
        21 => json!("/"),
        22 => json!("octo/hello"),
        _ => json!(7),
    }
}
