//! Names as nobody should have them, and a world in which they are on the
//! boards.

use domain::{Source, SourceReference};
use events::Envelope;
use query_api::Settings;
use serde_json::json;
use tests::events_of;

use crate::world::World;

/// A name that is no name on GitHub, and was seen in an archive all the same.
pub(super) const REPOSITORY: &str = "octo/<b>\"]]>&amp;'cat";

/// Logins as nobody should have them, with an id each.
pub(super) fn logins() -> Vec<(u64, String)> {
    let logins = [
        "<script>alert(1)</script>".to_owned(),
        "\"/><image href=\"https://evil.example/x\"/>".to_owned(),
        "]]><!--".to_owned(),
        "&#x3c;style&#x3e;".to_owned(),
        "\u{202e}tac\u{202c}".to_owned(),
        "\u{1}\u{1b}[31mred\u{7f}\u{ffff}".to_owned(),
        format!("z{}", "\u{301}".repeat(200)),
        "w".repeat(39),
        "m".repeat(400),
        "漢字かな".repeat(20),
        "plain-login".to_owned(),
    ];
    (100..).zip(logins).collect()
}

/// As many comments of each account as its place in the list from its end says,
/// so that all places differ.
pub(super) fn comments(accounts: &[(u64, String)]) -> Vec<Envelope> {
    let mut documents = Vec::new();
    let mut number = 0_u64;
    for (place, (id, login)) in accounts.iter().enumerate() {
        for _ in place..accounts.len() {
            number += 1;
            let account = json!({"id": id, "login": login});
            let event = json!({
                "id": number.to_string(), "type": "IssueCommentEvent",
                "created_at": "2024-02-29T12:00:00Z", "actor": account,
                "repo": {"id": 7, "name": REPOSITORY},
                "payload": {
                    "action": "created",
                    "issue": {"id": 70, "number": 3, "user": account},
                    "comment": {
                        "id": number, "user": account, "created_at": "2024-02-29T12:00:00Z",
                    },
                },
            });
            let source = SourceReference {
                source: Source::Archive,
                reference: format!("made-up.json:{number}"),
            };
            documents.push((source, event.to_string().into_bytes()));
        }
    }
    events_of(&documents).unwrap()
}

/// The repository as addresses have it.
pub(super) const REPOSITORY_PATH: &str = "octo/%3Cb%3E%22%5D%5D%3E%26amp%3B%27cat";

/// A text as the value of a query parameter.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub(super) async fn world() -> World {
    let settings = Settings {
        public_url: Some("https://board.example".to_owned()),
        demo_notice: Some("Made up: <none> of it happened".to_owned()),
        ..Settings::default()
    };
    let mut world = World::start("2024-03-01T12:00:00Z", settings).await;
    world.tell(&comments(&logins())).await;
    world
}
