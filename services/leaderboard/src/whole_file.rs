//! Files that are there whole, or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A file that is written beside the one it is to be, and takes its place once it is
/// whole. Until then, and when writing fails, what was there before stays.
pub(crate) struct WholeFile {
    to: Target,
}

enum Target {
    /// The file that is written, and the name that it gets.
    Beside(BufWriter<NamedTempFile>, PathBuf),
    /// What is no file, such as a pipe or a terminal, cannot be replaced.
    Straight(BufWriter<File>),
}

impl WholeFile {
    /// Begins a file that is to be at a path.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let there = fs::metadata(path);
        if let Ok(there) = &there
            && !there.is_file()
        {
            let file = File::options().write(true).open(path)?;
            let to = Target::Straight(BufWriter::new(file));
            return Ok(Self { to });
        }
        // What a link leads to is replaced, and not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let permissions = there.map_or(Permissions::from_mode(0o666), |there| there.permissions());
        let file = Builder::new()
            .prefix(".leaderboard-")
            .suffix(".part")
            .permissions(permissions)
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self {
            to: Target::Beside(BufWriter::new(file), path),
        })
    }

    /// Puts the file, which is whole, in its place.
    ///
    /// # Errors
    /// When it cannot be written to its end, or not be put there.
    pub(crate) fn keep(self) -> io::Result<()> {
        match self.to {
            Target::Straight(mut file) => file.flush(),
            Target::Beside(file, path) => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.as_file().sync_all()?;
                file.persist(path).map_err(|failed| failed.error)?;
                Ok(())
            }
        }
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            Target::Beside(file, _) => file.write(bytes),
            Target::Straight(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            Target::Beside(file, _) => file.flush(),
            Target::Straight(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn what_is_not_whole_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("board.csv");
        let mut file = WholeFile::at(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert!(names(folder.path()).is_empty());
        for text in ["first", "second"] {
            let mut file = WholeFile::at(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.keep().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        let mut file = WholeFile::at(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(names(folder.path()), ["board.csv"]);
    }

    #[test]
    fn permissions_and_links_stay_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("kept"), folder.path().join("link"));
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut file = WholeFile::at(&link).unwrap();
        file.write_all(b"after").unwrap();
        file.keep().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn what_is_no_file_is_written_straight() {
        let mut nothing = WholeFile::at(Path::new("/dev/null")).unwrap();
        nothing.write_all(b"x").unwrap();
        nothing.keep().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(WholeFile::at(Path::new("/no/such/folder/file")).is_err());
    }
}
