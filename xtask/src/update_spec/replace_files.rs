//! Replaces several files, either all or none.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// The previous contents of replaced files.
pub struct Replacement {
    /// `None` for a file that did not exist.
    before: Vec<(PathBuf, Option<String>)>,
}

/// Writes each text next to its file, and renames the new files once all are written.
pub fn replace(files: &[(PathBuf, String)]) -> Result<Replacement> {
    let written: Vec<(PathBuf, NamedTempFile)> =
        files.iter().map(|(path, text)| Ok((path.clone(), write_next_to(path, text)?))).collect::<Result<_>>()?;
    let mut done = Replacement { before: Vec::new() };
    for (path, file) in written {
        let before = path.exists().then(|| fs::read_to_string(&path)).transpose();
        let moved = before.map_err(anyhow::Error::from).and_then(|before| {
            file.persist(&path)?;
            Ok(before)
        });
        match moved {
            Ok(before) => done.before.push((path, before)),
            Err(error) => {
                done.undo()?;
                return Err(error).with_context(|| format!("cannot replace {}", path.display()));
            }
        }
    }
    Ok(done)
}

impl Replacement {
    /// Restores the previous contents.
    pub fn undo(&self) -> Result<()> {
        for (path, before) in &self.before {
            let Some(text) = before else {
                fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
                continue;
            };
            write_next_to(path, text)?.persist(path).with_context(|| format!("cannot restore {}", path.display()))?;
        }
        Ok(())
    }
}

fn write_next_to(path: &PathBuf, text: &str) -> Result<NamedTempFile> {
    let context = || format!("cannot write next to {}", path.display());
    let folder = path.parent().with_context(context)?;
    let mut file = NamedTempFile::new_in(folder).with_context(context)?;
    file.write_all(text.as_bytes()).with_context(context)?;
    // A temporary file is private to its owner; the file that it replaces was not.
    if let Ok(replaced) = fs::metadata(path) {
        file.as_file().set_permissions(replaced.permissions()).with_context(context)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::replace;

    #[test]
    fn files_are_replaced_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let texts = [(one.clone(), "new".to_owned()), (two.clone(), "new".to_owned())];
        fs::write(&one, "1").unwrap();
        let replacement = replace(&texts).unwrap();
        assert_eq!(fs::read_to_string(&two).unwrap(), "new", "there was no second file");
        replacement.undo().unwrap();
        assert_eq!(fs::read_to_string(&one).unwrap(), "1");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");

        fs::create_dir(&two).unwrap();
        assert!(replace(&texts).is_err(), "the second is a folder");
        assert_eq!(fs::read_to_string(&one).unwrap(), "1", "the first is put back");
        fs::remove_dir(&two).unwrap();

        fs::write(&two, "2").unwrap();
        let replacement = replace(&texts).unwrap();
        assert_eq!(fs::read_to_string(&two).unwrap(), "new");
        replacement.undo().unwrap();
        assert_eq!(
            (fs::read_to_string(&one).unwrap(), fs::read_to_string(&two).unwrap()),
            ("1".to_owned(), "2".to_owned())
        );
    }
}
