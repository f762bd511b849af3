//! What is known to make generations differ.

use postgres::{GenerationPool, quoted};
use sqlx::PgConnection;

use super::super::pair::{Pair, statement};
use super::Cause;
use crate::projections::{Contributions, Projection};

/// Messages that are named of each cause.
const SAMPLE: usize = 10;

/// The causes that are met in these two generations.
pub(super) async fn find(
    snapshot: &mut PgConnection,
    pair: &Pair,
) -> Result<Vec<Cause>, sqlx::Error> {
    let mut causes = Vec::new();
    for [from, to] in [[&pair.active, &pair.other], [&pair.other, &pair.active]] {
        let set_aside = set_aside_only_in(snapshot, pair, [from, to]).await?;
        if !set_aside.is_empty() {
            let (from, to) = (from.generation().number, to.generation().number);
            causes.push(Cause {
                cause: format!(
                    "messages that generation {to} reads and generation {from} set aside as dead \
                     letters, because the program that read them was another (their rows, and all \
                     counts that they are part of, are in generation {to} only)"
                ),
                count: set_aside.len() as i64,
                sample: set_aside.into_iter().take(SAMPLE).collect(),
            });
        }
    }
    causes.extend(other_program(snapshot, pair).await?);
    Ok(causes)
}

/// Messages of the log that are not what they were, or not there any more,
/// since the active generation read them.
pub(super) async fn other_messages(
    snapshot: &mut PgConnection,
    pair: &Pair,
) -> Result<Option<Cause>, sqlx::Error> {
    let holds = |home: &GenerationPool| home.generation().holds(Contributions::NAME);
    if !pair.both().into_iter().all(holds) {
        return Ok(None);
    }
    let [active, other] = pair.both().map(|home| quoted(&home.generation().schema));
    let sequence: Option<i64> = sqlx::query_scalar(statement(format!(
        "SELECT active.sequence
         FROM {active}.input_chain AS active JOIN {other}.input_chain AS other USING (first, sequence)
         WHERE active.digest <> other.digest"
    )))
    .fetch_optional(snapshot)
    .await?;
    Ok(sequence.map(|sequence| Cause {
        cause: format!(
            "log: up to sequence {sequence} it holds other messages than when the active \
             generation read it, by the digests of both"
        ),
        count: 1,
        sample: Vec::new(),
    }))
}

/// Messages that only one of the two set aside; says which of them were
/// redriven since.
async fn set_aside_only_in(
    snapshot: &mut PgConnection,
    pair: &Pair,
    [from, to]: [&GenerationPool; 2],
) -> Result<Vec<String>, sqlx::Error> {
    let schema = |home: &GenerationPool| quoted(&home.generation().schema);
    let resolved = schema(&pair.active);
    let [from, to] = [schema(from), schema(to)];
    let filter = pair
        .only()
        .map_or_else(|| "true".to_owned(), super::tables::letters_of);
    sqlx::query_scalar(statement(format!(
        "SELECT concat_ws(', ', origin, CASE WHEN outcome = 'redriven' THEN 'redriven since' END,
                          error)
         FROM {from}.dead_letters AS letter
         LEFT JOIN {resolved}.dead_letter_resolutions AS resolution ON resolution.letter = letter.id
         WHERE service = 'projector' AND {filter}
           AND NOT EXISTS (SELECT FROM {to}.dead_letters AS known WHERE known.id = letter.id)
         ORDER BY letter.recorded_at, letter.id"
    )))
    .fetch_all(snapshot)
    .await
}

/// Generations that were begun by different versions of the program.
async fn other_program(
    snapshot: &mut PgConnection,
    pair: &Pair,
) -> Result<Option<Cause>, sqlx::Error> {
    let numbers = pair.both().map(|home| home.generation().number);
    let rows = sqlx::query!(
        "SELECT generation, version FROM control.generations
         WHERE generation = ANY ($1) ORDER BY generation",
        &numbers,
    );
    let rows = rows.fetch_all(snapshot).await?;
    let [first, second] = rows.as_slice() else {
        return Ok(None);
    };
    let (Some(earlier), Some(later)) = (&first.version, &second.version) else {
        return Ok(None);
    };
    Ok((earlier != later).then(|| Cause {
        cause: format!(
            "generation {} was begun by version {earlier} and generation {} by version {later}: \
             how events are read may have changed between them",
            first.generation, second.generation
        ),
        count: 1,
        sample: Vec::new(),
    }))
}
