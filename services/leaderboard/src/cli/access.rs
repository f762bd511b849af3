//! The command line of who is let in: hosts, keys, limits.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use access::{ForwardedHeader, Rate, Scope};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};
use ipnet::IpNet;

/// Who is let in, and how often, by query API and command API.
#[derive(Debug, Args)]
pub struct AccessOptions {
    /// A file of keys, one a line, as `leaderboard key new` prints them; it is read again when it
    /// changes. Without it, and without --command-key, nobody has a key.
    #[arg(
        id = "keys-file",
        long = "keys-file",
        env = "LEADERBOARD_KEYS_FILE",
        default_value = ""
    )]
    pub keys_file: String,
    /// Names of hosts that are answered to, separated by commas, such as leaderboard.example.org.
    /// Default: any.
    #[arg(
        id = "allowed-host",
        long = "allowed-host",
        env = "LEADERBOARD_ALLOWED_HOSTS",
        value_delimiter = ','
    )]
    pub hosts: Vec<String>,
    /// Networks of proxies that say where requests come from, separated by commas, such as
    /// 10.0.0.0/8 or 192.0.2.7. Default: none is believed.
    #[arg(
        id = "trusted-proxy",
        long = "trusted-proxy",
        env = "LEADERBOARD_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_parser = parse_network
    )]
    pub proxies: Vec<Network>,
    /// How they say it: x-forwarded-for or forwarded.
    #[arg(
        long,
        env = "LEADERBOARD_FORWARDED_HEADER",
        default_value = "x-forwarded-for"
    )]
    pub forwarded_header: ForwardedHeader,
    /// How often an address may ask, such as 600/1m, or off. Default: 1200/1m, of addresses of the
    /// Internet only; what is given here holds for addresses of private networks, too.
    #[arg(long, env = "LEADERBOARD_RATE_LIMIT", default_value = "", value_parser = parse_limit)]
    pub rate_limit: Limit,
    /// How often the readers of a key may ask, such as 6000/1m, or off.
    #[arg(long, env = "LEADERBOARD_KEY_RATE_LIMIT", default_value = "12000/1m", value_parser = parse_limit)]
    pub key_rate_limit: Limit,
}

/// A limit as it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// None is given; compose files set variables to nothing.
    Usual,
    /// There is to be none.
    Off,
    /// So many in so long.
    Rate(Rate),
}

/// A network, or what is left of an empty variable.
pub type Network = Option<IpNet>;

impl AccessOptions {
    /// The file of keys, if there is one.
    pub fn keys_file(&self) -> Option<PathBuf> {
        (!self.keys_file.is_empty()).then(|| Path::new(&self.keys_file).to_owned())
    }
}

fn parse_network(text: &str) -> Result<Network, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse().ok().or_else(address);
    let network = network.ok_or("use a network such as 10.0.0.0/8, or an address")?;
    Ok(Some(network))
}

fn parse_limit(text: &str) -> Result<Limit, String> {
    match text {
        "" => Ok(Limit::Usual),
        "off" => Ok(Limit::Off),
        rate => rate
            .parse()
            .map(Limit::Rate)
            .map_err(|error| format!("{error}, or off")),
    }
}

/// What to do about keys.
#[derive(Debug, Subcommand)]
pub enum KeyAction {
    /// Make a key: prints its secret, which is kept nowhere, and its line for the file of keys.
    New(NewKey),
}

/// Options of `key new`.
#[derive(Debug, Args)]
pub struct NewKey {
    /// Whose it is: the actor of what is decided with it. A second key of the same name takes the
    /// place of the first once that is taken out of the file.
    pub name: String,
    /// What it may be used for, separated by commas: read, track, decide, dispute, operate,
    /// spend.
    #[arg(long = "scope", required = true, value_delimiter = ',')]
    pub scopes: Vec<Scope>,
    /// The first UTC day on which it is no key any more, or an instant; default: it holds until it is
    /// taken out of the file.
    #[arg(long, value_parser = parse_end)]
    pub until: Option<DateTime<Utc>>,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

fn parse_end(text: &str) -> Result<DateTime<Utc>, String> {
    let day = text
        .parse::<NaiveDate>()
        .map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let end = day.or_else(|_| text.parse());
    end.map_err(|_| "use a day such as 2027-01-01, or an instant of RFC 3339".to_owned())
}

/// Options of `log-level`.
#[derive(Debug, Args)]
pub struct LogLevelCommand {
    /// What is to be logged, such as info,projector=debug; default: nothing is changed, it is shown.
    #[arg(conflicts_with = "reset")]
    pub level: Option<String>,
    /// Log again what was configured at the start.
    #[arg(long)]
    pub reset: bool,
    /// For how long, such as 10m, of at most a day; then it is as configured at the start.
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub span: Option<Duration>,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// The command API's address; default: the one running from the data directory.
    #[arg(long, env = "LEADERBOARD_COMMAND_API")]
    pub command_api: Option<String>,
    /// A key with the scope operate.
    #[arg(long, env = "LEADERBOARD_KEY", hide_env_values = true)]
    pub key: String,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_to_nothing_is_not_set() {
        assert_eq!(parse_limit(""), Ok(Limit::Usual));
        assert_eq!(parse_limit("off"), Ok(Limit::Off));
        assert!(matches!(parse_limit("60/1m"), Ok(Limit::Rate(_))));
        assert!(parse_limit("60").unwrap_err().contains("or off"));
        assert_eq!(parse_network(""), Ok(None));
        let network = |text: &str| parse_network(text).unwrap().unwrap().to_string();
        assert_eq!(network("10.0.0.0/8"), "10.0.0.0/8");
        assert_eq!(network("2001:db8::1"), "2001:db8::1/128");
        assert!(parse_network("proxy.example.org").is_err());
    }

    #[test]
    fn a_key_ends_on_a_day_or_at_an_instant() {
        let end = parse_end("2027-01-01").unwrap();
        assert_eq!(parse_end("2027-01-01T00:00:00Z"), Ok(end));
        assert!(parse_end("soon").is_err());
    }
}
