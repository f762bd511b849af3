//! Arguments about webhooks.

use clap::Args;

/// Where GitHub's webhooks are taken, and what they are signed with.
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
    /// Where webhooks are taken: POST /webhooks/github.
    #[arg(
        id = "webhook-listen",
        long = "webhook-listen",
        env = "LEADERBOARD_WEBHOOK_LISTEN",
        default_value = "127.0.0.1:8081"
    )]
    pub listen: String,
}
