//! What a delivery's headers say.

use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use domain::{Source, SourceReference};
use translation::{Delivery, TranslateError, Translation, translate_webhook};

use crate::problem::Problem;

/// The longest name of an event or delivery that is believed.
const LONGEST: usize = 100;

/// The headers that GitHub sends with every delivery.
pub(super) struct Headers<'a> {
    pub(super) event: &'a str,
    pub(super) delivery: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Headers<'a> {
    pub(super) fn read(headers: &'a HeaderMap) -> Result<Self, Problem> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(signature) = text("x-hub-signature-256") else {
            let detail = "X-Hub-Signature-256 is missing; set a secret for the webhook at GitHub";
            let title = "The delivery is not signed";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, title, detail));
        };
        let named = |name: &str| {
            let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            text(name)
                .filter(|text| !text.is_empty() && text.len() <= LONGEST)
                .filter(|text| text.bytes().all(is_legal))
                .ok_or_else(|| {
                    let detail = format!("{name} is missing or not what GitHub sends");
                    Problem::new(StatusCode::BAD_REQUEST, "A header is not valid", detail)
                })
        };
        Ok(Self {
            signature,
            event: named("x-github-event")?,
            delivery: named("x-github-delivery")?,
        })
    }

    /// Where what the delivery says was seen.
    pub(super) fn source(&self) -> SourceReference {
        SourceReference {
            source: Source::Webhook,
            reference: self.delivery.to_owned(),
        }
    }

    pub(super) fn translate(
        &self,
        body: &[u8],
        received_at: DateTime<Utc>,
    ) -> Result<Translation, TranslateError> {
        let event = self.event;
        let delivery = Delivery {
            event,
            body,
            received_at,
        };
        translate_webhook(&delivery, &self.source())
    }
}
