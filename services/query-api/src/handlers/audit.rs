//! What people did.

use axum::response::Response;

use super::{SharedApi, json_unkept};
use crate::cursor::List;
use crate::parameters::{AuditParameters, Parameters, read_limit};
use crate::problem::Problem;
use crate::queries::audit::AuditFilter;
use crate::resources::audit::{Audit, load_audit};

/// What people did
///
/// Every decision and every act of an operator, newest first, with who and
/// why: policies, accounts, contributions that were retracted or reinstated,
/// what is tracked, budgets, jobs that were asked for, queues, dead letters,
/// which generation is read, and what is logged.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "decisions",
    operation_id = "listAudit", params(AuditParameters),
    responses(
        (status = 200, description = "A page of what people did.", body = Audit),
    )
)]
pub(crate) async fn list_audit(
    api: SharedApi,
    Parameters(given): Parameters<AuditParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = Audit::read_cursor(&given.cursor)?;
    let filter = audit_filter(given);
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_audit(&mut snapshot, &filter, after.as_ref(), limit).await?)
}

/// Which entries are wanted; what is empty wants all.
pub(crate) fn audit_filter(given: AuditParameters) -> AuditFilter {
    let wanted = |text: String| (!text.is_empty()).then_some(text);
    AuditFilter {
        actor: wanted(given.actor),
        subject: wanted(given.subject),
        what: wanted(given.what),
    }
}
