//! Replaces several files, either all or none.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// Writes each text next to its file, and renames the new files once all are written. Restores the previous contents if a
/// file cannot be replaced.
pub fn replace(files: &[(PathBuf, String)]) -> Result<()> {
    let written = files.iter().map(|(path, text)| Ok((path, write_next_to(path, text)?)));
    let written: Vec<(&PathBuf, NamedTempFile)> = written.collect::<Result<_>>()?;
    let mut replaced = Vec::new();
    for (path, file) in written {
        // `None` for a file that does not exist.
        let before = path.exists().then(|| fs::read_to_string(path)).transpose().map_err(anyhow::Error::from);
        match before.and_then(|before| file.persist(path).map(|_| before).map_err(anyhow::Error::from)) {
            Ok(before) => replaced.push((path, before)),
            Err(error) => {
                for (path, before) in replaced {
                    let restored = before.map_or_else(|| fs::remove_file(path), |text| fs::write(path, text));
                    restored.with_context(|| format!("cannot restore {}", path.display()))?;
                }
                return Err(error).with_context(|| format!("cannot replace {}", path.display()));
            }
        }
    }
    Ok(())
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
    use std::path::Path;

    use super::replace;

    #[test]
    fn files_are_replaced_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let texts = [(one.clone(), "new".to_owned()), (two.clone(), "new".to_owned())];
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        fs::write(&one, "1").unwrap();
        replace(&texts).unwrap();
        assert_eq!((read(&one), read(&two)), ("new".to_owned(), "new".to_owned()), "there was no second file");

        fs::write(&one, "1").unwrap();
        fs::remove_file(&two).unwrap();
        fs::create_dir(&two).unwrap();
        assert!(replace(&texts).is_err(), "the second is a folder");
        assert_eq!(read(&one), "1", "the first is put back");
        fs::remove_file(&one).unwrap();
        assert!(replace(&texts).is_err());
        assert!(!one.exists(), "the first is removed again");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
