//! Arguments about webhooks and commands.

use clap::Args;

/// Where GitHub's webhooks and people's commands are taken, and how it is known whose they are.
#[derive(Debug, Default, Args)]
pub struct WebhookOptions {
    /// The secrets of the webhooks at GitHub, separated by commas: two while a new one takes the
    /// place of an old one. Without any, no webhooks are taken.
    #[arg(
        id = "webhook-secret",
        long = "webhook-secret",
        env = "LEADERBOARD_WEBHOOK_SECRETS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub secrets: Vec<String>,
    /// Keys that may be used for everything, each name=secret, separated by commas; a file
    /// (--keys-file) has them with scopes and an end. Without any key, no commands are taken.
    #[arg(
        id = "command-key",
        long = "command-key",
        env = "LEADERBOARD_COMMAND_KEYS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub keys: Vec<String>,
    /// Where webhooks (POST /webhooks/github) and commands are taken.
    #[arg(
        id = "webhook-listen",
        long = "webhook-listen",
        env = "LEADERBOARD_WEBHOOK_LISTEN",
        default_value = "127.0.0.1:8081"
    )]
    pub listen: String,
}

impl WebhookOptions {
    /// The secrets; a variable that is set to nothing gives none.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        given(&self.secrets)
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        given(&self.keys)
    }
}

/// What is given; compose files set variables to nothing.
pub(crate) fn given(values: &[String]) -> impl Iterator<Item = &str> {
    values
        .iter()
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}
