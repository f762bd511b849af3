//! A downstream subscriber: prints the contributions to the repositories of
//! one owner as they are recorded, and goes on where it stopped.
//!
//! ```sh
//! cargo run -p event-log --example subscriber -- nats://127.0.0.1:4222 octo-org
//! ```
//!
//! It uses nothing of this workspace but the envelope: any NATS client can do
//! the same.

use std::collections::HashSet;

use async_nats::jetstream::{self, AckKind, consumer};
use events::{Envelope, Event};
use futures::StreamExt;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(owner)) = (arguments.next(), arguments.next()) else {
        return Err("usage: subscriber <nats-url> <owner> [messages]".into());
    };
    let limit: usize = arguments
        .next()
        .map_or(Ok(usize::MAX), |text| text.parse())?;
    // Replies come to an inbox of its own: nats/permissions.conf allows a
    // subscriber no other.
    let mut options = async_nats::ConnectOptions::new().custom_inbox_prefix("_INBOX_SUBSCRIBER");
    let server: async_nats::ServerAddr = url.parse()?;
    if let Some((user, password)) = server.username().zip(server.password()) {
        options = options.user_and_password(user.to_owned(), password.to_owned());
    }
    let client = options.connect(server).await?;
    let stream = jetstream::new(client).get_stream("CONTRIBUTIONS").await?;
    // The partition token comes first; any of them will do. Dots in names are
    // written =2E, and everything is in lower case.
    let owner = owner.to_lowercase().replace('.', "=2E");
    let durable = format!("example-{}", owner.replace('=', "_"));
    let consumer: consumer::PullConsumer = stream
        .get_or_create_consumer(
            &durable,
            consumer::pull::Config {
                durable_name: Some(durable.clone()),
                filter_subject: format!("contributions.v1.*.{owner}.*.*"),
                ack_policy: consumer::AckPolicy::Explicit,
                ..Default::default()
            },
        )
        .await?;
    // The same contribution may be recorded several times; its id tells. A
    // real subscriber keeps the ids with what it does with them.
    let mut seen: HashSet<Uuid> = HashSet::new();
    let mut messages = consumer.messages().await?.take(limit);
    while let Some(message) = messages.next().await {
        let message = message?;
        match Envelope::decode(&message.payload) {
            Ok(Envelope {
                event: Event::ContributionRecorded(event),
                ..
            }) => {
                if seen.insert(event.contribution) {
                    println!("{} {} {}", event.occurred_at, event.kind, event.key);
                }
            }
            Ok(_) => {}
            Err(error) => eprintln!("{}: {error}", message.subject),
        }
        message.ack_with(AckKind::Ack).await?;
    }
    Ok(())
}
