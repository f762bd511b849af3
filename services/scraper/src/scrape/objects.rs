//! Issues and pull requests as objects, told as the deliveries that GitHub
//! would have sent of them.

use serde_json::{Value, json};
use translation::{Delivery, TranslateError, Translation, translate_webhook};

use super::{Place, ScrapeServices};

/// What happened to an object.
pub(super) struct Told<'a> {
    /// `issues` or `pull_request`.
    pub(super) kind: &'static str,
    /// `opened` or `closed`.
    pub(super) action: &'static str,
    /// Who did it.
    pub(super) sender: &'a Value,
    /// The object.
    pub(super) object: &'a Value,
    /// Where it was read.
    pub(super) path: &'a str,
}

impl Told<'_> {
    pub(super) fn translate(
        &self,
        place: &Place,
        services: &ScrapeServices,
    ) -> Result<Translation, TranslateError> {
        let name = match self.kind {
            "issues" => "issue",
            other => other,
        };
        let body = json!({
            "action": self.action,
            name: self.object,
            "sender": self.sender,
            "repository": { "id": place.id, "full_name": place.name },
        });
        let delivery = Delivery {
            event: self.kind,
            body: &serde_json::to_vec(&body)?,
            received_at: services.client.now(),
        };
        translate_webhook(&delivery, &services.source(self.path))
    }
}
