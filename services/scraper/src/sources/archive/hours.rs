//! Hours of the archives: how people write them, what the files are called,
//! and which archives to ask for one.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Timelike, Utc};
use reqwest::Url;

use super::input::{InputError, Location, Unit, UnitKind};

/// One archive of hourly files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveBase {
    /// The address that a file's name is appended to; ends in a slash.
    pub url: Url,
    /// The first hour it has; `None` when it has all.
    pub since: Option<DateTime<Utc>>,
}

impl ArchiveBase {
    /// An archive under an address, with or without the closing slash.
    ///
    /// # Errors
    /// [`InputError::Address`] when that is no URL.
    pub fn new(url: &str, since: Option<DateTime<Utc>>) -> Result<Self, InputError> {
        let url = format!("{}/", url.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|source| InputError::Address { url, source })?;
        Ok(Self { url, since })
    }
}

/// The archives to ask for an hour, in order of preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveBases(pub Vec<ArchiveBase>);

impl Default for ArchiveBases {
    /// The mirror, far more complete, for the hours it has; then GH Archive.
    fn default() -> Self {
        let mirror_since = instant(2026, 9, 6, 0);
        let bases = [
            ("https://gharchive.open-digger.cn", mirror_since),
            ("https://data.gharchive.org", None),
        ];
        let bases = bases
            .into_iter()
            .filter_map(|(url, since)| ArchiveBase::new(url, since).ok());
        Self(bases.collect())
    }
}

impl ArchiveBases {
    /// The unit of an hour: its file, at each archive that may have it.
    #[must_use]
    pub fn unit(&self, hour: DateTime<Utc>) -> Unit {
        let name = file_name(hour);
        let having = |base: &&ArchiveBase| base.since.is_none_or(|since| since <= hour);
        let locations = self.0.iter().filter(having);
        Unit {
            locations: locations
                .filter_map(|base| base.url.join(&name).ok())
                .map(Location::Url)
                .collect(),
            name,
            kind: UnitKind::ArchiveHour,
        }
    }
}

/// `2024-09-11-5.json.gz`: the hour is not padded.
fn file_name(hour: DateTime<Utc>) -> String {
    format!("{}-{}.json.gz", hour.format("%Y-%m-%d"), hour.hour())
}

/// The hours that a text names, first and last: an hour, a day, or a range of
/// either. `None` when it looks like none of these.
pub(super) fn parse_span(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    Some((parse_bound(from)?.0, parse_bound(to)?.1))
}

/// The first and last hour of `2024-09-11` or `2024-09-11T15`.
fn parse_bound(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (day, hour) = match text.split_once('T') {
        Some((day, hour)) => (day, Some(hour.trim_end_matches('Z').parse::<u32>().ok()?)),
        None => (text, None),
    };
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    let at = |hour| instant(day.year(), day.month(), day.day(), hour);
    Some((at(hour.unwrap_or(0))?, at(hour.unwrap_or(23))?))
}

fn instant(year: i32, month: u32, day: u32, hour: u32) -> Option<DateTime<Utc>> {
    let day = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(day.and_hms_opt(hour, 0, 0)?.and_utc())
}

/// All hours of a span, refused when some cannot be in any archive.
pub(super) fn hours_between(
    (first, last): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, InputError> {
    if last < first {
        return Err(InputError::Backwards { first, last });
    }
    if let Some(beginning) = instant(2011, 2, 12, 0).filter(|beginning| first < *beginning) {
        return Err(InputError::BeforeArchives { first, beginning });
    }
    if last + Duration::hours(1) > now {
        return Err(InputError::NotOver { last, now });
    }
    let count = (last - first).num_hours();
    Ok((0..=count)
        .map(|hours| first + Duration::hours(hours))
        .collect())
}
