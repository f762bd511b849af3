//! Steps of jobs, as events.

use domain::jobs::STEPS_REMEMBERED;
use uuid::Uuid;

use super::feed::Lost;
use super::page::{Page, PageWriter};
use super::{Position, frame};
use crate::problem::Problem;
use crate::queries::followed::{last_step, steps_after};
use crate::queries::snapshot::Snapshot;
use crate::resources::stream::JobStep;

/// The place after the last step.
pub(super) async fn newest(snapshot: &mut Snapshot) -> Result<Position, Problem> {
    Ok(Position::of_sequence(
        last_step(snapshot.connection()).await?,
    ))
}

/// The steps after a place, of one job or of all.
pub(super) async fn page_after(
    snapshot: &mut Snapshot,
    from: Position,
    job: Option<&str>,
    limit: usize,
) -> Result<Result<Page, Lost>, Problem> {
    let last = last_step(snapshot.connection()).await?;
    if from.token != 0 || from.number > last {
        return Ok(Err(Lost::Elsewhere));
    }
    if from.number < last - STEPS_REMEMBERED {
        return Ok(Err(Lost::TooLongAgo));
    }
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let job = job.and_then(|job| Uuid::parse_str(job).ok());
    let steps = steps_after(snapshot.connection(), from.number, job, most).await?;
    let is_full = steps.len() >= limit;
    let end = steps.last().filter(|_| is_full);
    let to = Position::of_sequence(end.map_or(last, |step| step.sequence));
    let mut page = PageWriter::after(from);
    for step in steps {
        let at = Position::of_sequence(step.sequence);
        let job = step.job.to_string();
        let step = JobStep::from(step);
        page.push(at, job, &frame::event(at, "step", &step)?);
    }
    Ok(Ok(page.finish(to, is_full)))
}
