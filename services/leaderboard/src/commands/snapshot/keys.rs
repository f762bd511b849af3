//! Keys: made, and read from where the configuration says.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, anyhow};
use domain::snapshot::{InvalidKey, PublicKey, SecretKey};
use serde_json::json;

use crate::cli::snapshot::MakeKey;

/// Makes a key.
pub(super) fn make(making: &MakeKey) -> anyhow::Result<()> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    let key = SecretKey::from_random(&bytes);
    let path = making.out.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&making.out)
        .with_context(|| format!("cannot make {path}"))?;
    writeln!(file, "{}", key.reveal()).with_context(|| format!("cannot write {path}"))?;
    let public = key.public();
    if making.json {
        let made = json!({
            "id": public.id(), "public_key": public.to_string(), "file": making.out,
        });
        println!("{}", serde_json::to_string_pretty(&made)?);
        return Ok(());
    }
    println!("key {}, public key {public}", public.id());
    println!("the secret is in {path}; start the query API with --snapshot-key {path}");
    Ok(())
}

/// What the configuration names, if anything: a key, or the file of one. What
/// it names is not repeated in errors: it may be a key that was cut off.
pub(crate) fn signing_key(given: Option<&str>) -> anyhow::Result<Option<SecretKey>> {
    // Compose files set variables to nothing.
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else {
        return Ok(None);
    };
    if let Ok(key) = given.parse() {
        return Ok(Some(key));
    }
    let path = Path::new(given);
    let text = std::fs::read_to_string(path)
        .context("the snapshots' key (--snapshot-key) is no key, and no file that can be read")?;
    let key = text.parse();
    let key = key.context("the file of the snapshots' key (--snapshot-key) holds none")?;
    if std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
        tracing::warn!("snapshot_key_readable_by_others");
    }
    Ok(Some(key))
}

/// A public key, or the file of one.
pub(super) fn public_key(given: &str) -> anyhow::Result<PublicKey> {
    match given.parse() {
        Ok(key) => Ok(key),
        Err(InvalidKey::NoKey) => Err(InvalidKey::NoKey.into()),
        Err(InvalidKey::Form) => {
            let text = std::fs::read_to_string(given)
                .with_context(|| format!("{given} is no key, and no file that can be read"))?;
            text.parse()
                .with_context(|| format!("{given} holds no public key"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_read_from_its_file_and_told_to_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let making = MakeKey {
            out: directory.path().join("snapshot.key"),
            json: false,
        };
        make(&making).unwrap();
        assert!(make(&making).is_err(), "no key is written over");
        let mode = std::fs::metadata(&making.out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let secret = std::fs::read_to_string(&making.out).unwrap();
        let from_file = signing_key(making.out.to_str()).unwrap().unwrap();
        let from_text = signing_key(Some(&secret)).unwrap().unwrap();
        assert_eq!(from_file.public(), from_text.public());
        assert!(signing_key(Some("")).unwrap().is_none());
        let cut_off = &secret[..60];
        let refused = format!("{:?}", signing_key(Some(cut_off)).unwrap_err());
        assert!(!refused.contains(&cut_off[..8]), "{refused}");

        let public = from_file.public();
        let file = directory.path().join("public.key");
        std::fs::write(&file, format!("{public}\n")).unwrap();
        assert_eq!(public_key(file.to_str().unwrap()).unwrap(), public);
        assert_eq!(public_key(&public.to_string()).unwrap(), public);
    }
}
