//! Whole lists as files.

use std::io::{ErrorKind, IsTerminal, stdout};
use std::path::Path;

use anyhow::{Context, bail};

use crate::api_client::download;
use crate::cli::export::ExportForm;
use crate::whole_file::WholeFile;

/// Writes all of what is at an address as it comes.
pub(super) async fn export(
    api: &str,
    path: &[&str],
    query: &[(&str, String)],
    form: ExportForm,
    out: Option<&Path>,
) -> anyhow::Result<()> {
    let Some(out) = out else {
        if form == ExportForm::Parquet && stdout().is_terminal() {
            bail!("a terminal cannot show Parquet; say with --out where to write it");
        }
        let written = download(api, path, query, &mut stdout()).await;
        return written.or_else(|error| match error.downcast_ref::<std::io::Error>() {
            // Whoever reads it has seen enough.
            Some(broken) if broken.kind() == ErrorKind::BrokenPipe => Ok(()),
            _ => Err(error),
        });
    };
    let cannot = || format!("cannot write {}", out.display());
    let mut file = WholeFile::at(out).with_context(cannot)?;
    download(api, path, query, &mut file).await?;
    file.keep().with_context(cannot)
}
