//! Reads a project from its documents.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use model::{Code, Diagnostic, Severity, Span};
use uuid::Builder;

use super::{Part, Project, ProjectPackage};
use crate::document::{decode, parse};
use crate::read::{Manifest, read_manifest, read_project_parameters};
use crate::{ConnectionManager, Package, Parameter, ReadError, ReadOptions, decrypt};

/// The manifest's name in an `.ispac`.
pub(super) const MANIFEST: &str = "@Project.manifest";
/// The document of project parameters.
pub(super) const PARAMETERS: &str = "Project.params";

/// What is gathered while documents are read.
struct Documents<'a> {
    parts: &'a [Part],
    options: &'a ReadOptions,
    diagnostics: Vec<Diagnostic>,
}

/// Reads a project from its documents.
pub(super) fn read(
    parts: Vec<Part>,
    options: &ReadOptions,
) -> Result<(Project, Vec<Diagnostic>), ReadError> {
    let mut documents = Documents { parts: &parts, options, diagnostics: Vec::new() };
    let manifest = documents.manifest()?;
    let packages = documents.packages(manifest.as_ref())?;
    // A deployment file may hold none: packages are deployed into its project one by one.
    let is_deployment_file = documents.part(MANIFEST).is_some();
    if packages.is_empty() && documents.diagnostics.is_empty() && !is_deployment_file {
        return Err(ReadError::new("project", Code::NotAPackage, "the project has no package")
            .hint("give an .ispac file, a folder with .dtsx files, or a .dtsx file"));
    }
    let (connection_files, connections) = documents.connections(manifest.as_ref())?;
    let parameters = documents.parameters()?;
    let diagnostics = documents.diagnostics;
    let manifest = manifest.unwrap_or_default();
    let first = packages.first().map(|package| package.package.name().to_owned());
    let name = if manifest.name.is_empty() { first.unwrap_or_default() } else { manifest.name };
    let id = if manifest.id.is_empty() { id_of(&packages) } else { manifest.id };
    let project = Project {
        id,
        description: manifest.description,
        version: manifest.version,
        creation: manifest.creation,
        protection_level: manifest.protection_level,
        listed_parameters: manifest
            .parameters
            .into_iter()
            .filter(|listed| listed.parameter.name.starts_with("CM."))
            .map(|listed| (listed.package, listed.parameter))
            .collect(),
        name,
        parameters,
        connections,
        connection_files,
        packages,
        parts,
    };
    Ok((project, diagnostics))
}

impl Documents<'_> {
    fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name))
    }

    /// Names of the parts with this extension, in order.
    fn named(&self, extension: &str) -> Vec<String> {
        let mut names: Vec<String> = self
            .parts
            .iter()
            .filter(|part| has_extension(&part.name, extension))
            .map(|part| part.name.clone())
            .collect();
        names.sort_by_key(|name| name.to_lowercase());
        names
    }

    /// The manifest of the archive, else that of the project file; `None` without either.
    fn manifest(&mut self) -> Result<Option<Manifest>, ReadError> {
        if let Some(part) = self.part(MANIFEST) {
            // What it says about parameters repeats the packages, mistakes included.
            let (manifest, _repeated) = self.manifest_in(part)?;
            return Ok(Some(manifest));
        }
        let mut best: Option<(usize, Manifest)> = None;
        for name in self.named("dtproj") {
            let Some(part) = self.part(&name) else { continue };
            let (manifest, _repeated) = self.manifest_in(part)?;
            // Several projects may share a folder: the one whose packages are there is meant.
            let there =
                manifest.packages.iter().filter(|(name, _)| self.part(name).is_some()).count();
            if best.as_ref().is_none_or(|(count, _)| *count < there) {
                best = Some((there, manifest));
            }
        }
        Ok(best.map(|(_, manifest)| manifest))
    }

    fn manifest_in(&self, part: &Part) -> Result<(Manifest, Vec<Diagnostic>), ReadError> {
        let text = decrypt::open(&part.name, decode(&part.name, &part.bytes)?, self.options)?;
        let document = parse(&part.name, &text)?;
        if !has_extension(&part.name, "dtproj") {
            return read_manifest(&part.name, &document);
        }
        let (mut manifest, diagnostics) = read_manifest(&part.name, &document)
            .unwrap_or_else(|_| (package_model_manifest(&document), Vec::new()));
        if manifest.name.is_empty() {
            manifest.name = part.name[..part.name.len() - ".dtproj".len()].to_owned();
        }
        Ok((manifest, diagnostics))
    }

    fn packages(&mut self, manifest: Option<&Manifest>) -> Result<Vec<ProjectPackage>, ReadError> {
        let listed: Vec<(String, bool)> = match manifest {
            Some(manifest) => manifest.packages.clone(),
            None => self.named("dtsx").into_iter().map(|name| (name, true)).collect(),
        };
        let mut packages = Vec::with_capacity(listed.len());
        for (name, entry_point) in listed {
            let Some(part) = self.part(&name) else {
                self.missing(&name);
                continue;
            };
            let (file_name, bytes) = (part.name.clone(), part.bytes.clone());
            let (package, diagnostics) = Package::from_bytes(&file_name, &bytes, self.options)?;
            self.add(&file_name, diagnostics);
            packages.push(ProjectPackage { file_name, entry_point, package });
        }
        Ok(packages)
    }

    fn connections(
        &mut self,
        manifest: Option<&Manifest>,
    ) -> Result<(Vec<String>, Vec<ConnectionManager>), ReadError> {
        let mut names = manifest.map(|manifest| manifest.connections.clone()).unwrap_or_default();
        if manifest.is_none() {
            names = self.named("conmgr");
        }
        let mut found = (Vec::new(), Vec::new());
        for name in names {
            let Some(part) = self.part(&name) else {
                self.missing(&name);
                continue;
            };
            let (file_name, bytes) = (part.name.clone(), part.bytes.clone());
            let (connection, diagnostics) =
                ConnectionManager::from_bytes(&file_name, &bytes, self.options)?;
            self.add(&file_name, diagnostics);
            found.0.push(file_name);
            found.1.push(connection);
        }
        Ok(found)
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, ReadError> {
        let Some(part) = self.part(PARAMETERS) else { return Ok(Vec::new()) };
        let bytes = part.bytes.clone();
        let text = decrypt::open(PARAMETERS, decode(PARAMETERS, &bytes)?, self.options)?;
        let document = parse(PARAMETERS, &text)?;
        let (parameters, diagnostics) = read_project_parameters(PARAMETERS, &document)?;
        self.add(PARAMETERS, diagnostics);
        Ok(parameters)
    }

    fn missing(&mut self, name: &str) {
        self.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code: Code::MissingPart,
            message: format!("the project lists `{name}`, which is not there"),
            place: name.to_owned(),
            span: Span::default(),
            hint: Some("add the file, or take it out of the project and build it again".to_owned()),
        });
    }

    /// Adds the diagnostics of a document, their places with its name.
    fn add(&mut self, name: &str, diagnostics: Vec<Diagnostic>) {
        self.diagnostics.extend(diagnostics.into_iter().map(|mut diagnostic| {
            let place = std::mem::take(&mut diagnostic.place);
            diagnostic.place =
                if place.is_empty() { name.to_owned() } else { format!("{name}: {place}") };
            diagnostic
        }));
    }
}

/// The id of a project whose documents give it none: always the same for the same packages.
fn id_of(packages: &[ProjectPackage]) -> String {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    packages.iter().for_each(|package| context.update(package.package.id().as_bytes()));
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *byte = *hashed;
    }
    format!("{{{}}}", Builder::from_sha1_bytes(bytes).into_uuid())
}

/// A project file of the package deployment model lists packages and says nothing else.
fn package_model_manifest(document: &roxmltree::Document<'_>) -> Manifest {
    let text_of = |node: roxmltree::Node<'_, '_>, name: &str| {
        let child = node.children().find(|child| child.tag_name().name() == name);
        child.and_then(|child| child.text()).map(|text| text.trim().to_owned())
    };
    let packages = document
        .descendants()
        .filter(|node| node.tag_name().name() == "DtsPackage")
        .filter_map(|node| text_of(node, "FullPath").or_else(|| text_of(node, "Name")))
        .map(|path| (path.rsplit(['\\', '/']).next().unwrap_or_default().to_owned(), true))
        .collect();
    Manifest { packages, ..Manifest::default() }
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}
