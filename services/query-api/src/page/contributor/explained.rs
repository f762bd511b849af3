//! Which part of an explanation the page shows, and the ways to the others.

use domain::{Metric, Period};

use crate::addresses::{path_segment, repository_path};
use crate::api::Api;
use crate::cursor::List;
use crate::page::choices::{Choice, Chosen};
use crate::page::words::kind_words;
use crate::parameters::{
    PageParameters, read_capped, read_limit, read_metric, read_period, read_repository,
};
use crate::points::number;
use crate::problem::Problem;
use crate::resources::contributor::Work;
use crate::resources::explanation::{ExplainRequest, Explanation, ExplanationMeta};
use crate::target::ScopeName;

/// Contributions of a page, unless asked otherwise.
const USUAL_LIMIT: u32 = 25;

/// Which part of an explanation is shown, and the ways to the others.
pub(super) struct Part {
    /// The one repository whose contributions are shown, and the way to all.
    pub(super) repository: Option<Choice>,
    /// Whether something is left out.
    pub(super) filtered: bool,
    /// All kinds, and each that there is anything of.
    pub(super) kinds: Vec<Choice>,
    /// Those that a cap took something from, or all again.
    pub(super) capped: Option<Choice>,
    /// The board over all repositories, where this is another.
    pub(super) everything: Option<String>,
    /// What is shown and follows as a file, in three forms.
    pub(super) table: String,
    pub(super) documents: String,
    pub(super) columns: String,
    pub(super) first_page: Option<String>,
    pub(super) next_page: Option<String>,
}

/// Reads which part of the explanation is wanted.
pub(super) fn read_part(api: &Api, given: &PageParameters) -> Result<ExplainRequest, Problem> {
    let limit = match given.limit.as_str() {
        "" => USUAL_LIMIT,
        limit => read_limit(limit)?,
    };
    Ok(ExplainRequest {
        as_of: None,
        scope: ScopeName::parse(&given.scope)?,
        period: read_period(&given.period, api.now().date_naive())?,
        metric: read_metric("kind", &given.kind)?,
        repository: read_repository(&given.repository)?,
        capped: read_capped(&given.capped)?,
        limit,
        after: Explanation::read_cursor(&given.cursor)?,
    })
}

impl Part {
    /// `work` is all that was done in the period, `api` the contributor's
    /// address for programs.
    pub(super) fn of(
        asked: &ExplainRequest,
        links: &Chosen<'_>,
        api: &str,
        work: &Work,
        meta: &ExplanationMeta,
    ) -> Self {
        let way = |change: &dyn Fn(&mut ExplainRequest)| {
            let mut other = ExplainRequest {
                after: None,
                ..asked.clone()
            };
            change(&mut other);
            format!("{}#explanation", address(links.path, &other, None))
        };
        let next = meta.next_cursor.as_deref();
        let next = next.map(|cursor| address(links.path, asked, Some(cursor)));
        Self {
            repository: asked.repository.clone().map(|name| Choice {
                title: name.clone(),
                label: name,
                value: String::new(),
                address: way(&|other| other.repository = None),
                selected: true,
            }),
            filtered: asked.metric != Metric::Score
                || asked.repository.is_some()
                || asked.capped.is_some(),
            kinds: kinds(asked, work, &way),
            capped: capped(asked, meta, &way),
            everything: (asked.scope != ScopeName::Global)
                .then(|| format!("{}#explanation", links.address())),
            table: address(&format!("{api}/explain.csv"), asked, None),
            documents: address(&format!("{api}/explain.ndjson"), asked, None),
            columns: address(&format!("{api}/explain.parquet"), asked, None),
            first_page: asked.after.as_ref().map(|_| way(&|_| {})),
            next_page: next.map(|address| format!("{address}#explanation")),
        }
    }
}

/// The address of a part of an explanation, below a path.
fn address(path: &str, asked: &ExplainRequest, cursor: Option<&str>) -> String {
    let mut pairs: Vec<String> = Vec::new();
    if asked.period != Period::All {
        pairs.push(format!("period={}", asked.period));
    }
    match &asked.scope {
        ScopeName::Global => {}
        ScopeName::Repository(name) => pairs.push(format!("scope={}", repository_path(name))),
        ScopeName::Organization(name) => pairs.push(format!("scope={}", path_segment(name))),
        ScopeName::Group(name) => {
            pairs.push(format!("scope={}", asked.scope.parameter(name)));
        }
    }
    if asked.metric != Metric::Score {
        pairs.push(format!("kind={}", asked.metric));
    }
    let repository = asked.repository.as_deref().map(repository_path);
    pairs.extend(repository.map(|name| format!("repository={name}")));
    pairs.extend(asked.capped.map(|capped| format!("capped={capped}")));
    pairs.extend(cursor.map(|cursor| format!("cursor={cursor}")));
    if pairs.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", pairs.join("&"))
}

type Way<'a> = &'a dyn Fn(&dyn Fn(&mut ExplainRequest)) -> String;

fn kinds(asked: &ExplainRequest, work: &Work, way: Way<'_>) -> Vec<Choice> {
    let mut kinds: Vec<_> = work.counts.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let each = kinds
        .into_iter()
        .map(|(kind, _)| (kind_words(*kind), Metric::Kind(*kind)));
    let all = std::iter::once(("All kinds", Metric::Score));
    let choice = |(label, metric): (&str, Metric)| Choice {
        label: label.to_owned(),
        title: label.to_owned(),
        value: metric.to_string(),
        address: way(&|other| other.metric = metric),
        selected: asked.metric == metric,
    };
    all.chain(each).map(choice).collect()
}

fn capped(asked: &ExplainRequest, meta: &ExplanationMeta, way: Way<'_>) -> Option<Choice> {
    let (label, wanted) = match asked.capped {
        Some(_) => ("Capped or not".to_owned(), None),
        None if meta.totals.capped == 0 => return None,
        None => {
            let capped = i64::try_from(meta.totals.capped).unwrap_or(i64::MAX);
            (format!("Only the {} capped", number(capped)), Some(true))
        }
    };
    Some(Choice {
        title: label.clone(),
        label,
        value: String::new(),
        address: way(&|other| other.capped = wanted),
        selected: false,
    })
}
