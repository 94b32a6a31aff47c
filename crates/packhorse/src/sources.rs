//! Projects as they lie on disk: an `.ispac`, a `.dtproj`, a folder, a single `.dtsx`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use model::{Diagnostic, Severity};
use package::{Part, Project, ReadOptions, Secret};

/// A project that was read from disk.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it was read from, for messages.
    pub(crate) path: PathBuf,
    /// The project.
    pub(crate) project: Project,
    /// What is wrong with its documents.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The project as a deployment file.
    pub(crate) ispac: Vec<u8>,
    /// The only packages that were asked for by naming their files; empty: all entry points.
    pub(crate) only: Vec<String>,
}

impl Source {
    /// Files of the packages to start: those asked for, else every entry point.
    pub(crate) fn entry_points(&self) -> Vec<String> {
        if !self.only.is_empty() {
            return self.only.clone();
        }
        let entries = self.project.packages.iter().filter(|package| package.entry_point);
        entries.map(|package| package.file_name.clone()).collect()
    }

    /// The project as a deployment file under a name of the caller's choice: a project is
    /// deployed under the name that is written in it (`deploy_project`).
    pub(crate) fn ispac_named(&self, name: &str) -> Result<Vec<u8>> {
        if name == self.project.name {
            return Ok(self.ispac.clone());
        }
        let project = Project { name: name.to_owned(), ..self.project.clone() };
        project.to_ispac().with_context(|| format!("cannot pack `{}`", self.path.display()))
    }

    /// The first thing that keeps the project from being used at all.
    pub(crate) fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// The password in the first line of a file.
pub(crate) fn read_options(password_file: Option<&Path>) -> Result<ReadOptions> {
    let Some(path) = password_file else { return Ok(ReadOptions::default()) };
    let text = fs_err::read_to_string(path)?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        bail!("{} has no password in its first line", path.display());
    }
    Ok(ReadOptions { password: Some(Secret::new(password)) })
}

/// Reads the project at `path`.
pub(crate) fn load(path: &Path, options: &ReadOptions) -> Result<Source> {
    let metadata = fs_err::metadata(path).with_context(|| {
        format!("cannot find `{}`; give an .ispac, a project folder or a .dtsx", path.display())
    })?;
    if metadata.is_dir() {
        return load_folder(path, options);
    }
    match extension(path).as_str() {
        "ispac" => load_ispac(path, options),
        "dtproj" => load_project_file(path, options),
        "dtsx" => load_package(path, options),
        _ => bail!(
            "`{}` is not a project; give an .ispac, a .dtproj, a project folder or a .dtsx",
            path.display()
        ),
    }
}

fn load_ispac(path: &Path, options: &ReadOptions) -> Result<Source> {
    let ispac = fs_err::read(path)?;
    let (project, diagnostics) = Project::from_ispac(&ispac, options)
        .with_context(|| format!("cannot use `{}`", path.display()))?;
    Ok(Source { path: path.to_owned(), project, diagnostics, ispac, only: Vec::new() })
}

/// A folder with one project: its `.dtproj` decides what belongs to it; without one, all
/// packages, connection managers and parameters in the folder do.
fn load_folder(folder: &Path, options: &ReadOptions) -> Result<Source> {
    let files = files(folder)?;
    let projects: Vec<&PathBuf> = files.iter().filter(|file| extension(file) == "dtproj").collect();
    match projects.as_slice() {
        [] => {
            let parts: Vec<PathBuf> = files.iter().filter(|file| is_part(file)).cloned().collect();
            if !parts.iter().any(|file| extension(file) == "dtsx") {
                bail!(no_project(folder));
            }
            from_files(folder, &name_of(folder), &parts, options)
        }
        [project] => load_project_file(project, options),
        several => {
            let names: Vec<String> = several.iter().map(|file| file_name(file)).collect();
            bail!(
                "`{}` has several projects: {}; give the path of one of them",
                folder.display(),
                names.join(", ")
            )
        }
    }
}

fn load_project_file(file: &Path, options: &ReadOptions) -> Result<Source> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut parts: Vec<PathBuf> = files(folder)?.into_iter().filter(|file| is_part(file)).collect();
    parts.push(file.to_owned());
    from_files(file, &stem(file), &parts, options)
}

/// One package. Where its folder has project parameters or connection managers, they and its
/// siblings belong to it, because its references go there.
fn load_package(file: &Path, options: &ReadOptions) -> Result<Source> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let in_project = files(folder)?
        .iter()
        .any(|file| extension(file) == "conmgr" || file_name(file) == "Project.params");
    let mut source = if in_project {
        let siblings: Vec<PathBuf> =
            files(folder)?.into_iter().filter(|file| is_part(file)).collect();
        from_files(file, &name_of(folder), &siblings, options)?
    } else {
        from_files(file, &stem(file), &[file.to_owned()], options)?
    };
    source.only = vec![file_name(file)];
    Ok(source)
}

fn from_files(path: &Path, name: &str, files: &[PathBuf], options: &ReadOptions) -> Result<Source> {
    let mut parts = Vec::new();
    for file in files {
        parts.push(Part { name: file_name(file), bytes: fs_err::read(file)?.into() });
    }
    let has_manifest = parts.iter().any(|part| part.name.to_lowercase().ends_with(".dtproj"));
    let (mut project, diagnostics) = Project::from_parts(parts, options)
        .with_context(|| format!("cannot use `{}`", path.display()))?;
    if !has_manifest {
        name.clone_into(&mut project.name);
    }
    let ispac = project.to_ispac().with_context(|| format!("cannot pack `{}`", path.display()))?;
    Ok(Source { path: path.to_owned(), project, diagnostics, ispac, only: Vec::new() })
}

/// Every project below the paths, for `check`: folders are searched.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let metadata =
            fs_err::metadata(path).with_context(|| format!("cannot find `{}`", path.display()))?;
        if metadata.is_dir() {
            search(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

/// Build outputs hold copies of what is next to them.
const NOT_SEARCHED: &[&str] = &["bin", "obj", ".git", ".vs"];

fn search(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let files = files(folder)?;
    let projects: Vec<&PathBuf> = files.iter().filter(|file| extension(file) == "dtproj").collect();
    match projects.as_slice() {
        [] if files.iter().any(|file| extension(file) == "dtsx") => found.push(folder.to_owned()),
        [] => found.extend(files.iter().filter(|file| extension(file) == "ispac").cloned()),
        several => found.extend(several.iter().copied().cloned()),
    }
    let mut folders: Vec<PathBuf> = fs_err::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir() && !NOT_SEARCHED.contains(&file_name(path).as_str()))
        .collect();
    folders.sort();
    folders.iter().try_for_each(|folder| search(folder, found))
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_part(file: &Path) -> bool {
    matches!(extension(file).as_str(), "dtsx" | "conmgr" | "params")
}

fn extension(file: &Path) -> String {
    file.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name of a folder, also of `.`.
fn name_of(folder: &Path) -> String {
    let absolute = fs_err::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    match file_name(&absolute) {
        name if name.is_empty() => "Project".to_owned(),
        name => name,
    }
}

fn no_project(folder: &Path) -> String {
    let mut below = Vec::new();
    let hint = match search(folder, &mut below) {
        Ok(()) if !below.is_empty() => {
            let names: Vec<String> =
                below.iter().take(5).map(|path| format!("\n  {}", path.display())).collect();
            format!("; there are projects below it:{}", names.concat())
        }
        _ => "; give a folder with .dtsx files, an .ispac or a .dtsx".to_owned(),
    };
    format!("`{}` has no package in it{hint}", folder.display())
}
