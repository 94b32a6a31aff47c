//! Reads what a Data Profiling Task asks. An element that is not known here is refused: what it
//! asks would be left out silently.

use std::str::FromStr;

use roxmltree::{Document, Node};

use super::{
    ColumnChoice, PatternOptions, ProfileInput, ProfileKind, ProfileRequest, ProfiledColumn,
    ProfiledTable, Report, Threshold,
};
use crate::read::{attribute, boolean, element, elements, text};

/// The largest `MaxNumberOfPatterns`.
const PATTERNS_MAX: u32 = 100;
/// What is asked about a column is known by these.
const OF_EVERY_REQUEST: &[&str] = &["DataSourceID", "Table", "VerifyOutputInFastMode"];

/// What a Data Profiling Task asks cannot be read, or is not answered here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileInputError {
    /// There is none.
    #[error("no profile request is configured")]
    Empty,
    /// It is no XML document.
    #[error("the profile requests are no XML document: {reason}")]
    NotXml {
        /// What the parser says.
        reason: String,
    },
    /// A request of a kind that is not known.
    #[error("no profile request of the type `{name}` is known")]
    UnknownRequest {
        /// The element's name.
        name: String,
    },
    /// A request has a setting that is not known.
    #[error("profile request `{request}` has a setting `{setting}` that is not known here")]
    UnknownSetting {
        /// The request.
        request: String,
        /// The element's name.
        setting: String,
    },
    /// A setting has no value, or one that it cannot take.
    #[error("setting `{setting}` of profile request `{request}` cannot be `{value}`")]
    BadSetting {
        /// The request.
        request: String,
        /// The element's name.
        setting: String,
        /// Its value; empty when it is absent.
        value: String,
    },
    /// A Column Pattern request has a tag table.
    #[error(
        "profile request `{request}` groups words by the tag table `{table}`, which this version \
         does not do; clear TagTableName"
    )]
    TagTable {
        /// The request.
        request: String,
        /// The table.
        table: String,
    },
    /// Texts are to be compared in a way that is not supported.
    #[error(
        "profile request `{request}` compares texts by StringCompareOptions `{options}`; Default \
         and BinarySort are supported"
    )]
    Comparison {
        /// The request.
        request: String,
        /// The options.
        options: String,
    },
}

impl ProfileInput {
    /// Reads the document with the requests.
    pub(super) fn parse(xml: &str) -> Result<Self, ProfileInputError> {
        let xml = xml.trim_start_matches('\u{feff}').trim();
        if xml.is_empty() {
            return Err(ProfileInputError::Empty);
        }
        let document = Document::parse(xml)
            .map_err(|error| ProfileInputError::NotXml { reason: error.to_string() })?;
        let root = document.root_element();
        let Some(input) = element(root, "DataProfileInput") else {
            return Err(ProfileInputError::Empty);
        };
        let of_task = Request { node: input, id: "DataProfileInput" };
        let time_out_s = of_task.number("Timeout", 0)?;
        let requests = element(input, "Requests").into_iter().flat_map(elements);
        let requests = requests.map(request).collect::<Result<Vec<_>, _>>()?;
        if requests.is_empty() {
            return Err(ProfileInputError::Empty);
        }
        let mut questions_xml = String::new();
        write_again(input, &mut questions_xml);
        Ok(Self { time_out_s, requests, questions_xml })
    }
}

/// Writes an element as it was, without prefixes, because it goes into another document.
fn write_again(node: Node<'_, '_>, out: &mut String) {
    let name = node.tag_name().name();
    out.push('<');
    out.push_str(name);
    for attribute in node.attributes() {
        out.push_str(&format!(" {}=\"{}\"", attribute.name(), in_attribute(attribute.value())));
    }
    if !node.has_children() {
        out.push_str(" />");
        return;
    }
    out.push('>');
    for child in node.children() {
        if child.is_element() {
            write_again(child, out);
        } else if child.is_text() {
            out.push_str(&escaped(child.text().unwrap_or_default()));
        }
    }
    out.push_str(&format!("</{name}>"));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn in_attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
}

fn request(node: Node<'_, '_>) -> Result<ProfileRequest, ProfileInputError> {
    let name = node.tag_name().name();
    let request = Request { node, id: attribute(node, "ID").unwrap_or(name) };
    let kind = match name {
        "ColumnLengthDistributionProfileRequest" => request.length_distribution()?,
        "ColumnNullRatioProfileRequest" => {
            request.knows(&["Column"])?;
            ProfileKind::NullRatio { column: request.column()? }
        }
        "ColumnPatternProfileRequest" => request.pattern()?,
        "ColumnStatisticsProfileRequest" => {
            request.knows(&["Column"])?;
            ProfileKind::Statistics { column: request.column()? }
        }
        "ColumnValueDistributionProfileRequest" => request.value_distribution()?,
        "CandidateKeyProfileRequest" => request.candidate_key()?,
        "FunctionalDependencyProfileRequest" => request.functional_dependency()?,
        "InclusionProfileRequest" | "ValueInclusionProfileRequest" => request.inclusion()?,
        _ => return Err(ProfileInputError::UnknownRequest { name: name.to_owned() }),
    };
    Ok(ProfileRequest {
        id: request.id.to_owned(),
        data_source: request.required("DataSourceID")?,
        kind,
    })
}

/// One request's element.
struct Request<'a, 'input> {
    node: Node<'a, 'input>,
    id: &'a str,
}

impl<'a, 'input> Request<'a, 'input> {
    fn length_distribution(&self) -> Result<ProfileKind, ProfileInputError> {
        self.knows(&["Column", "IgnoreLeadingSpace", "IgnoreTrailingSpace"])?;
        Ok(ProfileKind::LengthDistribution {
            column: self.column()?,
            ignore_leading: self.flag("IgnoreLeadingSpace", false)?,
            ignore_trailing: self.flag("IgnoreTrailingSpace", true)?,
        })
    }

    fn pattern(&self) -> Result<ProfileKind, ProfileInputError> {
        let known = ["Column", "MaxNumberOfPatterns", "PercentageDataCoverageDesired"];
        let words = ["CaseSensitive", "Delimiters", "Symbols"];
        let is_tag_table = |child: &Node<'_, '_>| child.tag_name().name().starts_with("TagTable");
        let tags = elements(self.node).filter(is_tag_table);
        let tags: Vec<_> = tags.map(|child| (child.tag_name().name(), text(child))).collect();
        let tag_table = tags.iter().find(|(name, _)| *name == "TagTableName");
        if let Some((_, table)) = tag_table.filter(|(_, table)| !table.trim().is_empty()) {
            let (request, table) = (self.id.to_owned(), table.trim().to_owned());
            return Err(ProfileInputError::TagTable { request, table });
        }
        let tag_names: Vec<&str> = tags.iter().map(|(name, _)| *name).collect();
        self.knows(&[&known[..], &words, &tag_names].concat())?;
        let characters = |name: &str, default: &str| {
            let listed = element(self.node, name).map(text);
            unescaped(&listed.unwrap_or_else(|| default.to_owned()))
        };
        // The default delimiters cannot be taken away.
        let mut delimiters = vec![' ', '\t', '\r', '\n'];
        delimiters.extend(characters("Delimiters", ""));
        let options = PatternOptions {
            patterns_max: self.number("MaxNumberOfPatterns", 10)?.min(PATTERNS_MAX),
            coverage_percent: self.number("PercentageDataCoverageDesired", 95)?,
            case_sensitive: self.flag("CaseSensitive", false)?,
            delimiters,
            symbols: characters("Symbols", r#",.;:-"'`~=&/\\@!?()<>[]{}|#*^%"#),
        };
        Ok(ProfileKind::Pattern { column: self.column()?, options })
    }

    fn value_distribution(&self) -> Result<ProfileKind, ProfileInputError> {
        self.knows(&["Column", "Option", "FrequentValueThreshold"])?;
        let option = self.value("Option").unwrap_or_else(|| "FrequentValues".to_owned());
        let more_frequent_than = match option.as_str() {
            "AllValues" => None,
            "FrequentValues" => Some(self.share("FrequentValueThreshold", 0.001)?),
            _ => return Err(self.bad("Option", option)),
        };
        Ok(ProfileKind::ValueDistribution { column: self.column()?, more_frequent_than })
    }

    fn candidate_key(&self) -> Result<ProfileKind, ProfileInputError> {
        let strength = "KeyStrengthThreshold";
        self.knows(&["KeyColumns", "ThresholdSetting", strength, "MaxNumberOfViolations"])?;
        Ok(ProfileKind::CandidateKey {
            table: self.table("Table")?,
            columns: self.columns("KeyColumns")?,
            report: self.report("ThresholdSetting", strength)?,
        })
    }

    fn functional_dependency(&self) -> Result<ProfileKind, ProfileInputError> {
        let (columns, strength) =
            (["DeterminantColumns", "DependentColumn"], "FDStrengthThreshold");
        let report = ["ThresholdSetting", strength, "MaxNumberOfViolations"];
        self.knows(&[&columns[..], &report].concat())?;
        let dependent = element(self.node, "DependentColumn");
        let dependent = dependent.ok_or_else(|| self.bad("DependentColumn", String::new()))?;
        Ok(ProfileKind::FunctionalDependency {
            table: self.table("Table")?,
            determinants: self.columns("DeterminantColumns")?,
            dependent: self.choice(dependent)?,
            report: self.report("ThresholdSetting", strength)?,
        })
    }

    fn inclusion(&self) -> Result<ProfileKind, ProfileInputError> {
        let data = ["SubsetTable", "SupersetTable", "InclusionColumns"];
        let (setting, strength) = ("InclusionThresholdSetting", "InclusionStrengthThreshold");
        let (key_setting, key) =
            ("SupersetColumnsKeyThresholdSetting", "SupersetColumnsKeyThreshold");
        let report = [setting, strength, key_setting, key, "MaxNumberOfViolations"];
        self.knows(&[&data[..], &report].concat())?;
        let pairs = element(self.node, "InclusionColumns").into_iter().flat_map(elements);
        let columns = pairs.map(|pair| self.pair(pair)).collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            return Err(self.bad("InclusionColumns", String::new()));
        }
        Ok(ProfileKind::Inclusion {
            subset: self.table("SubsetTable")?,
            superset: self.table("SupersetTable")?,
            columns,
            key: self.threshold(key_setting, key)?,
            report: self.report(setting, strength)?,
        })
    }

    /// A column of the subset and one of the superset.
    fn pair(&self, pair: Node<'_, '_>) -> Result<(ColumnChoice, ColumnChoice), ProfileInputError> {
        let side = |of: &str| {
            let side = elements(pair).find(|child| child.tag_name().name().starts_with(of));
            let side = side.ok_or_else(|| self.bad("InclusionColumns", of.to_owned()))?;
            self.choice(side)
        };
        Ok((side("Subset")?, side("Superset")?))
    }

    /// Refuses a setting that is not known.
    fn knows(&self, settings: &[&str]) -> Result<(), ProfileInputError> {
        let names = elements(self.node).map(|child| child.tag_name().name());
        let mut unknown =
            names.filter(|name| !settings.contains(name) && !OF_EVERY_REQUEST.contains(name));
        unknown.next().map_or(Ok(()), |setting| {
            let request = self.id.to_owned();
            Err(ProfileInputError::UnknownSetting { request, setting: setting.to_owned() })
        })
    }

    fn bad(&self, setting: &str, value: String) -> ProfileInputError {
        let (request, setting) = (self.id.to_owned(), setting.to_owned());
        ProfileInputError::BadSetting { request, setting, value }
    }

    fn value(&self, setting: &str) -> Option<String> {
        let value = element(self.node, setting).map(text)?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    fn required(&self, setting: &str) -> Result<String, ProfileInputError> {
        self.value(setting).ok_or_else(|| self.bad(setting, String::new()))
    }

    fn number<T: FromStr>(&self, setting: &str, default: T) -> Result<T, ProfileInputError> {
        let Some(value) = self.value(setting) else { return Ok(default) };
        value.parse().map_err(|_| self.bad(setting, value))
    }

    fn flag(&self, setting: &str, default: bool) -> Result<bool, ProfileInputError> {
        let Some(value) = self.value(setting) else { return Ok(default) };
        boolean(&value).ok_or_else(|| self.bad(setting, value))
    }

    /// A number from 0 to 1.
    fn share(&self, setting: &str, default: f64) -> Result<f64, ProfileInputError> {
        let share: f64 = self.number(setting, default)?;
        if (0.0..=1.0).contains(&share) {
            return Ok(share);
        }
        Err(self.bad(setting, share.to_string()))
    }

    fn threshold(&self, setting: &str, strength: &str) -> Result<Threshold, ProfileInputError> {
        let value = self.value(setting).unwrap_or_else(|| "Specified".to_owned());
        match value.as_str() {
            "None" => Ok(Threshold::None),
            "Specified" => Ok(Threshold::Above(self.share(strength, 0.95)?)),
            "Exact" => Ok(Threshold::Exact),
            _ => Err(self.bad(setting, value)),
        }
    }

    fn report(&self, setting: &str, strength: &str) -> Result<Report, ProfileInputError> {
        Ok(Report {
            threshold: self.threshold(setting, strength)?,
            violations_max: self.number("MaxNumberOfViolations", 100)?,
        })
    }

    fn table(&self, setting: &str) -> Result<ProfiledTable, ProfileInputError> {
        let node = element(self.node, setting);
        let named = |name| node.and_then(|node| attribute(node, name)).unwrap_or_default();
        let table = ProfiledTable {
            schema: named("Schema").trim().to_owned(),
            name: named("Table").trim().to_owned(),
        };
        if table.name.is_empty() {
            return Err(self.bad(setting, String::new()));
        }
        Ok(table)
    }

    fn column(&self) -> Result<ProfiledColumn, ProfileInputError> {
        let column =
            element(self.node, "Column").ok_or_else(|| self.bad("Column", String::new()))?;
        Ok(ProfiledColumn { table: self.table("Table")?, column: self.choice(column)? })
    }

    fn columns(&self, setting: &str) -> Result<Vec<ColumnChoice>, ProfileInputError> {
        let columns = element(self.node, setting).into_iter().flat_map(elements);
        let columns = columns.map(|column| self.choice(column)).collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            return Err(self.bad(setting, String::new()));
        }
        Ok(columns)
    }

    fn choice(&self, column: Node<'_, '_>) -> Result<ColumnChoice, ProfileInputError> {
        let binary = match attribute(column, "StringCompareOptions").map_or("Default", str::trim) {
            "" | "0" | "Default" | "None" => false,
            // SqlCompareOptions of SQL Server Management Objects.
            "BinarySort" | "32768" => true,
            options => {
                let (request, options) = (self.id.to_owned(), options.to_owned());
                return Err(ProfileInputError::Comparison { request, options });
            }
        };
        let every = attribute(column, "IsWildCard").and_then(boolean).unwrap_or(false);
        if every {
            return Ok(ColumnChoice { name: None, binary });
        }
        let name = attribute(column, "ColumnName").unwrap_or_default();
        if name.is_empty() {
            return Err(self.bad("ColumnName", String::new()));
        }
        Ok(ColumnChoice { name: Some(name.to_owned()), binary })
    }
}

/// The characters of a list in which `\t`, `\r`, `\n` and `\\` stand for one each.
fn unescaped(list: &str) -> Vec<char> {
    let mut found = Vec::new();
    let mut rest = list.chars();
    while let Some(next) = rest.next() {
        let character = match next {
            '\\' => match rest.next() {
                Some('t') => '\t',
                Some('r') => '\r',
                Some('n') => '\n',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        };
        if !found.contains(&character) {
            found.push(character);
        }
    }
    found
}

#[cfg(test)]
mod tests;
