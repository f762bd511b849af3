//! Messages that cannot be projected are set aside in the same transaction
//! that moves the checkpoint past them.

use event_log::Delivered;
use sqlx::PgConnection;
use uuid::Uuid;

/// Characters kept of a message: more than any event that is published has.
const LONGEST_CONTENT: usize = 8 * 1024 * 1024;

/// Namespace of the ids of parked messages.
const NAMESPACE: Uuid = Uuid::from_u128(0x8f0b_76d2_31ce_5a94_b7e8_5d20_c4a1_9f63);

/// Counts messages that are set aside.
pub(crate) fn count(parked: u64) {
    metrics::counter!("dead_letters_total", "service" => "projector").increment(parked);
}

/// Parks a message. Parking it again changes nothing.
pub(super) async fn park(
    transaction: &mut PgConnection,
    projection: &str,
    stream: &str,
    message: &Delivered,
    error: &str,
) -> Result<(), sqlx::Error> {
    let origin = format!("stream {stream}, sequence {}", message.sequence);
    let id = Uuid::new_v5(&NAMESPACE, format!("{projection}:{origin}").as_bytes());
    let content: String = String::from_utf8_lossy(&message.payload)
        .replace('\0', "\u{fffd}")
        .chars()
        .take(LONGEST_CONTENT)
        .collect();
    sqlx::query!(
        "INSERT INTO dead_letters (id, recorded_at, service, origin, error, content, bytes)
         VALUES ($1, $2, 'projector', $3, $4, $5, $6)
         ON CONFLICT (id) DO NOTHING",
        id,
        message.recorded_at,
        format!("{origin}, projection {projection}"),
        error,
        content,
        message.payload.len() as i64,
    )
    .execute(transaction)
    .await?;
    count(1);
    tracing::error!(projection, origin, error, "message_parked");
    Ok(())
}
