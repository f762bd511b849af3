//! Who asks.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use gcp_bigquery_client::auth::Authenticator;
use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::{Client, client_builder::ClientBuilder};

/// How BigQuery is told who asks.
#[derive(Clone)]
pub enum Credentials {
    /// As Google's own tools find them: the key file of
    /// `GOOGLE_APPLICATION_CREDENTIALS`, else the machine's own account.
    Application,
    /// An access token, such as `gcloud auth print-access-token` prints.
    Token(String),
}

/// Never shows the token.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Application => "Application",
            Self::Token(_) => "Token(…)",
        })
    }
}

impl Credentials {
    pub(crate) async fn client(&self, url: &str) -> Result<Client, BQError> {
        let mut builder = ClientBuilder::new();
        builder.with_v2_base_url(url.trim_end_matches('/').to_owned());
        match self {
            Self::Application => builder.build_from_application_default_credentials().await,
            Self::Token(token) => {
                let token = FixedToken(token.clone());
                builder.build_from_authenticator(Arc::new(token)).await
            }
        }
    }
}

#[derive(Clone)]
struct FixedToken(String);

#[async_trait]
impl Authenticator for FixedToken {
    async fn access_token(&self) -> Result<String, BQError> {
        Ok(self.0.clone())
    }
}
