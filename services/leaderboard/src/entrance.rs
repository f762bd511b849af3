//! Who is let in by the APIs of this process, as the command line says.

use std::sync::Arc;

use access::{AllowedHosts, Gate, GateSettings, KeyRing, Keys, Proxies};
use anyhow::Context;
use runtime::{Shutdown, SystemClock};

use crate::cli::Listen;
use crate::cli::access::{AccessOptions, Limit};
use crate::cli::webhooks::given;

/// A gate; its keys follow their file until shutdown.
pub(crate) fn gate(shutdown: &Shutdown, options: &Listen) -> anyhow::Result<Gate> {
    let settings = settings(&options.access)?;
    let keys = Keys::for_everything(options.webhooks.keys())?;
    let keys = KeyRing::open(keys, options.access.keys_file());
    let keys = Arc::new(keys.context("the file of keys (--keys-file)")?);
    if keys.is_used() {
        let (following, stop) = (Arc::clone(&keys), shutdown.token());
        shutdown.spawn("keys", async move {
            following.follow(stop).await;
            Ok::<(), std::convert::Infallible>(())
        });
    }
    Ok(Gate::new(settings, keys, Arc::new(SystemClock)))
}

fn settings(options: &AccessOptions) -> anyhow::Result<GateSettings> {
    let by_address = match options.rate_limit {
        Limit::Usual => GateSettings::usual_rate(),
        Limit::Off => None,
        Limit::Rate(rate) => Some(rate),
    };
    let by_key = match options.key_rate_limit {
        Limit::Usual | Limit::Off => None,
        Limit::Rate(rate) => Some(rate),
    };
    Ok(GateSettings {
        hosts: AllowedHosts::new(given(&options.hosts))?,
        proxies: Proxies {
            trusted: options.proxies.iter().flatten().copied().collect(),
            header: options.forwarded_header,
        },
        by_address,
        by_key,
        spare_local: options.rate_limit == Limit::Usual,
    })
}
