//! Reads project manifests (in `.ispac` and `.dtproj` files) and `Project.params`.

use model::{Code, Diagnostic, TypeCode, Value};
use roxmltree::{Document, Node};

use super::variable::parse_value;
use super::{Reader, attribute, boolean, element, elements, shorten, span, text};
use crate::document::ReadError;
use crate::{Creation, Parameter, ProjectVersion, ProtectionLevel};

/// What a project's manifest says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    /// The project's name.
    pub(crate) name: String,
    /// `{GUID}`.
    pub(crate) id: String,
    /// The author's words about it.
    pub(crate) description: String,
    /// The author's version numbers.
    pub(crate) version: ProjectVersion,
    /// Who made it, when and where.
    pub(crate) creation: Creation,
    /// How sensitive values are kept.
    pub(crate) protection_level: ProtectionLevel,
    /// File names of packages, and whether each is an entry point.
    pub(crate) packages: Vec<(String, bool)>,
    /// File names of project connection managers.
    pub(crate) connections: Vec<String>,
    /// What it repeats about parameters, `CM.` ones included.
    pub(crate) parameters: Vec<ManifestParameter>,
}

/// A parameter as the manifest repeats it.
#[derive(Clone, Debug)]
pub(crate) struct ManifestParameter {
    /// File name of the package; `None` for one of a project connection manager.
    pub(crate) package: Option<String>,
    /// The parameter.
    pub(crate) parameter: Parameter,
}

/// Reads the manifest in a document: its root, or in it where a `.dtproj` keeps it.
pub(crate) fn read_manifest(
    part: &str,
    document: &Document<'_>,
) -> Result<(Manifest, Vec<Diagnostic>), ReadError> {
    let project =
        document.descendants().find(|node| node.is_element() && is_manifest(*node)).ok_or_else(
            || ReadError::new(part, Code::NotAPackage, "the document holds no project manifest"),
        )?;
    let mut reader = Reader::default();
    let manifest = reader.manifest(project);
    Ok((manifest, reader.diagnostics))
}

fn is_manifest(node: Node<'_, '_>) -> bool {
    node.tag_name().name() == "Project"
        && node.tag_name().namespace() == Some("www.microsoft.com/SqlServer/SSIS")
}

/// Reads `Project.params`.
pub(crate) fn read_project_parameters(
    part: &str,
    document: &Document<'_>,
) -> Result<(Vec<Parameter>, Vec<Diagnostic>), ReadError> {
    let root = document.root_element();
    if root.tag_name().name() != "Parameters" {
        return Err(ReadError::new(
            part,
            Code::NotAPackage,
            "the document holds no project parameters",
        ));
    }
    let mut reader = Reader::default();
    let parameters = reader.parameters(root);
    Ok((parameters, reader.diagnostics))
}

impl Reader {
    fn manifest(&mut self, node: Node<'_, '_>) -> Manifest {
        let properties = element(node, "Properties");
        let value = |name: &str| {
            properties.and_then(|list| named_property(list, name)).map(trimmed).unwrap_or_default()
        };
        let number = |name: &str| value(name).parse().unwrap_or_default();
        let level = attribute(node, "ProtectionLevel").unwrap_or_default();
        Manifest {
            name: value("Name"),
            id: value("ID"),
            description: value("Description"),
            version: ProjectVersion {
                major: number("VersionMajor"),
                minor: number("VersionMinor"),
                build: number("VersionBuild"),
                comments: value("VersionComments"),
            },
            creation: Creation {
                date: value("CreationDate"),
                creator: value("CreatorName"),
                computer: value("CreatorComputerName"),
            },
            protection_level: ProtectionLevel::from_text(level).unwrap_or_default(),
            packages: list(node, "Packages")
                .map(|package| (name_of(package), is_entry_point(package)))
                .collect(),
            connections: list(node, "ConnectionManagers").map(name_of).collect(),
            parameters: element(node, "DeploymentInfo")
                .map(|info| self.deployment_info(info))
                .unwrap_or_default(),
        }
    }

    fn deployment_info(&mut self, info: Node<'_, '_>) -> Vec<ManifestParameter> {
        let of_project = element(info, "ProjectConnectionParameters");
        let mut all: Vec<ManifestParameter> = of_project
            .map(|list| self.parameters(list))
            .unwrap_or_default()
            .into_iter()
            .map(|parameter| ManifestParameter { package: None, parameter })
            .collect();
        for package in list(info, "PackageInfo") {
            let file_name = name_of(package);
            let Some(parameters) = element(package, "Parameters") else { continue };
            all.extend(self.parameters(parameters).into_iter().map(|parameter| {
                ManifestParameter { package: Some(file_name.clone()), parameter }
            }));
        }
        all
    }

    fn parameters(&mut self, node: Node<'_, '_>) -> Vec<Parameter> {
        let all = elements(node).filter(|child| child.tag_name().name() == "Parameter");
        all.map(|parameter| self.project_parameter(parameter)).collect()
    }

    fn project_parameter(&mut self, node: Node<'_, '_>) -> Parameter {
        let name = name_of(node);
        let place = format!("$Project::{name}");
        let properties = element(node, "Properties").unwrap_or(node);
        let value = |name: &str| named_property(properties, name).map(trimmed).unwrap_or_default();
        let type_code = self.dot_net_type(node, &value("DataType"), &place);
        let sensitive = boolean(&value("Sensitive")).unwrap_or(false);
        let saved = named_property(properties, "Value");
        let mut secret = None;
        let mut design_value = Value::Null;
        if let Some(saved) = saved {
            if sensitive {
                secret = self.secret(saved, &place);
            } else {
                design_value = self.project_value(saved, type_code, &place);
            }
        }
        Parameter {
            id: value("ID"),
            description: value("Description"),
            required: boolean(&value("Required")).unwrap_or(false),
            value: design_value,
            span: span(node),
            name,
            type_code,
            secret,
            sensitive,
        }
    }

    fn dot_net_type(&mut self, node: Node<'_, '_>, number: &str, place: &str) -> TypeCode {
        let known = number.parse().ok().and_then(TypeCode::from_dot_net);
        known.unwrap_or_else(|| {
            let message = format!("`{}` is not the number of a data type", shorten(number));
            self.report(Code::BadProperty, place, node, message);
            TypeCode::String
        })
    }

    fn project_value(&mut self, node: Node<'_, '_>, type_code: TypeCode, place: &str) -> Value {
        let content = text(node);
        // An empty value is written as a line break and its indentation.
        let preserved = attribute(node, "space") == Some("preserve");
        let is_layout = !preserved && content.trim().is_empty() && content.contains('\n');
        let content = if is_layout { "" } else { &content };
        parse_value(content, type_code, None).unwrap_or_else(|| {
            let message = format!("`{}` is not a value of type {type_code}", shorten(content));
            self.report(Code::BadProperty, place, node, message);
            Value::Null
        })
    }
}

fn named_property<'a, 'input>(list: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    elements(list).find(|property| attribute(*property, "Name") == Some(name))
}

fn trimmed(node: Node<'_, '_>) -> String {
    text(node).trim().to_owned()
}

fn name_of(node: Node<'_, '_>) -> String {
    attribute(node, "Name").unwrap_or_default().to_owned()
}

fn is_entry_point(node: Node<'_, '_>) -> bool {
    attribute(node, "EntryPoint").and_then(boolean).unwrap_or(false)
}

fn list<'a, 'input>(
    node: Node<'a, 'input>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    element(node, name).into_iter().flat_map(elements)
}
