//! Reading a dead letter as this version can.

use domain::{Source, SourceReference};
use events::{Envelope, Received, ReceivedForm};
use translation::{Delivery, TranslateError, Translation, translate, translate_webhook};

use super::kept::Subject;
use super::{DeadLetter, RedriveError};
use crate::ingest::Names;
use crate::passes::translate_document;
use crate::sources::archive::salvage;
use crate::sources::bigquery::{document_of, row_of};

/// What a dead letter holds that can be published: of jobs and deliveries
/// nothing, they are asked for again otherwise.
pub(super) fn read_again(letter: &DeadLetter) -> Result<Vec<Envelope>, RedriveError> {
    let received = match letter.subject() {
        Subject::Job | Subject::Delivery => return Ok(Vec::new()),
        Subject::Lost(source) => return Err(RedriveError::Form(letter.advice(source))),
        Subject::Message => {
            check_whole(
                letter,
                "it stays on the log, and a replay reads it from there",
            )?;
            return Ok(vec![Envelope::decode(letter.content.as_bytes())?]);
        }
        Subject::Received(received) => received,
    };
    check_whole(letter, &letter.advice(received.source.source))?;
    let source = &received.source;
    let mut translation = read_received(letter, &received)?;
    let mut names = Names::default();
    names.add(&translation);
    let events = std::mem::take(&mut translation.events).into_iter();
    let envelopes = events
        .chain(names.take_events(source))
        .map(|event| Envelope::wrap(publisher_of(source), event));
    Ok(envelopes.collect::<Result<_, _>>()?)
}

fn check_whole(letter: &DeadLetter, advice: &str) -> Result<(), RedriveError> {
    if letter.content.is_empty() {
        return Err(RedriveError::Empty(advice.to_owned()));
    }
    if !letter.is_whole() {
        return Err(RedriveError::Cut {
            kept: letter.content.len(),
            bytes: letter.bytes,
            advice: advice.to_owned(),
        });
    }
    Ok(())
}

fn read_received(letter: &DeadLetter, received: &Received) -> Result<Translation, RedriveError> {
    let source = &received.source;
    let content = letter.content.as_bytes();
    match received.form {
        ReceivedForm::Event => read_or_mend(content, |text| translate(text, source)),
        ReceivedForm::Webhook => read_or_mend(content, |body| {
            let delivery = Delivery {
                event: received.event.as_deref().unwrap_or_default(),
                body,
                received_at: letter.recorded_at,
            };
            translate_webhook(&delivery, source)
        }),
        ReceivedForm::Row => {
            let row = row_of(&letter.content).map_err(RedriveError::Row)?;
            let document = document_of(&row).map_err(RedriveError::Row)?;
            Ok(translate_document(&document, source)?)
        }
    }
}

/// Reads a document; one that holds characters which JSON refuses is read
/// without them, as archives' lines are.
fn read_or_mend(
    content: &[u8],
    read: impl Fn(&[u8]) -> Result<Translation, TranslateError>,
) -> Result<Translation, RedriveError> {
    match read(content) {
        Err(TranslateError::Json(error)) => {
            let salvaged = salvage(content);
            match salvaged.documents.as_slice() {
                [whole] if salvaged.torn.is_empty() => Ok(read(whole.as_bytes())?),
                _ => Err(TranslateError::Json(error).into()),
            }
        }
        read => Ok(read?),
    }
}

/// What envelopes of a source say they come from.
fn publisher_of(source: &SourceReference) -> &'static str {
    match source.source {
        Source::Archive => "/scraper/archive",
        Source::Api => "/scraper/github",
        Source::Bigquery => "/scraper/bigquery",
        Source::Webhook => "/command-api/webhook",
    }
}
