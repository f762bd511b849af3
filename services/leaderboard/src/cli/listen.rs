//! The command line of servers: where they listen, and are found.

use clap::Args;
use reqwest::Url;

use super::access::AccessOptions;
use super::snapshot::SnapshotKeyOption;
use super::webhooks::WebhookOptions;

/// Where to listen.
#[derive(Debug, Args)]
pub struct Listen {
    /// Where the query API and its pages are served.
    #[arg(long, env = "LEADERBOARD_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Where others find the pages, such as https://leaderboard.example.org: what is pasted into
    /// READMEs leads there. Default: where they are served.
    #[arg(long, env = "LEADERBOARD_PUBLIC_URL", value_parser = parse_origin)]
    pub public_url: Option<String>,
    /// Most streams of events that are open at the same time; each is an open file, too.
    #[arg(long, env = "LEADERBOARD_STREAMS", default_value_t = 4_000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub streams: u32,
    /// Who is let in.
    #[command(flatten)]
    pub access: AccessOptions,
    /// Webhooks.
    #[command(flatten)]
    pub webhooks: WebhookOptions,
    /// Snapshots.
    #[command(flatten)]
    pub snapshots: SnapshotKeyOption,
}

impl Listen {
    /// Whether anything could be taken in: webhooks, or commands.
    pub fn takes_anything(&self) -> bool {
        let has_keys = self.access.keys_file().is_some();
        has_keys
            || self
                .webhooks
                .secrets()
                .chain(self.webhooks.keys())
                .next()
                .is_some()
    }
}

/// An address of the web without a path: pages are at its root.
fn parse_origin(text: &str) -> Result<String, String> {
    let url: Url = text.parse().map_err(|error| format!("{error}"))?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let is_root = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_web || !is_root {
        return Err("use an address such as https://leaderboard.example.org".to_owned());
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_at_the_root_of_an_address() {
        let origin = |text: &str| parse_origin(text).ok();
        let root = Some("https://example.org".to_owned());
        assert_eq!(origin("https://example.org/"), root);
        assert_eq!(origin("https://someone@example.org"), root);
        assert_eq!(
            origin("http://127.0.0.1:8080"),
            Some("http://127.0.0.1:8080".to_owned())
        );
        for wrong in [
            "example.org",
            "https://example.org/board",
            "ftp://example.org",
        ] {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }
}
