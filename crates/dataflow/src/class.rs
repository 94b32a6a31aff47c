//! Which component classes run, and what builds them.

use model::dts;
use package::{Component, ComponentClass};

use crate::{Build, Combine, Invalid, Runnable, Transform, destination, source, transform};

/// How far a class is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    /// It runs.
    Runs,
    /// It does not run.
    No,
}

/// How far a component is supported.
pub(crate) fn support(component: &Component) -> Support {
    use ComponentClass as C;
    match component.class {
        C::Lookup
        | C::FlatFileSource
        | C::FlatFileDestination
        | C::Multicast
        | C::UnionAll
        | C::RowCount
        | C::BalancedDataDistributor
        | C::Merge
        | C::MergeJoin
        | C::Aggregate
        | C::Sort
        | C::DerivedColumn
        | C::DataConversion
        | C::ConditionalSplit
        | C::CharacterMap
        | C::Audit
        | C::CopyColumn
        | C::CacheTransform
        | C::PercentageSampling
        | C::RowSampling
        | C::Pivot
        | C::Unpivot
        | C::ImportColumn
        | C::ExportColumn
        | C::RawFileSource
        | C::RawFileDestination
        | C::RecordsetDestination
        | C::OleDbSource
        | C::OleDbDestination
        | C::OleDbCommand
        | C::AdoNetSource
        | C::AdoNetDestination
        | C::OdbcSource
        | C::OdbcDestination
        | C::SqlServerDestination
        | C::ExcelSource
        | C::ExcelDestination
        | C::XmlSource
        | C::SlowlyChangingDimension
        | C::CdcSplitter
        | C::FuzzyLookup
        | C::FuzzyGrouping
        | C::TermLookup
        | C::TermExtraction => Support::Runs,
        C::DataMiningQuery
        | C::DimensionProcessing
        | C::PartitionProcessing
        | C::DataMiningModelTraining
        | C::ScriptComponent
        | C::DataReaderDestination
        | C::SqlCompactDestination
        | C::CdcSource
        | C::Unknown => Support::No,
    }
}

/// What a person calls the component: `Lookup`, or the class id of an unknown one.
pub(crate) fn display_name(component: &Component) -> &str {
    if component.class == ComponentClass::Unknown {
        return &component.class_id;
    }
    component.class.name()
}

/// Whether rows that reach the component do something, though nothing leaves it.
pub(crate) fn has_side_effects(component: &Component) -> bool {
    use ComponentClass as C;
    let is_writer = matches!(
        component.class,
        C::OleDbDestination
            | C::FlatFileDestination
            | C::ExcelDestination
            | C::RawFileDestination
            | C::RecordsetDestination
            | C::SqlServerDestination
            | C::OleDbCommand
            | C::RowCount
            | C::ExportColumn
            | C::CacheTransform
            | C::OdbcDestination
            | C::AdoNetDestination
            | C::ScriptComponent
            | C::DataReaderDestination
            | C::SqlCompactDestination
    );
    is_writer
        || component.inputs.iter().any(|input| input.has_side_effects)
        || component.outputs.iter().any(|output| output.has_side_effects)
}

/// The refusal of a component that does not run here.
pub(crate) fn refusal(component: &Component) -> Invalid {
    Invalid::failed(dts::DTS_E_ERRORCOMPONENT, refusal_text(component))
}

/// `the Lookup component`, `the Script Component`.
pub(crate) fn with_article(class: &str) -> String {
    let noun = if class.ends_with("Component") { "" } else { " component" };
    format!("the {class}{noun}")
}

/// What the refusal says.
pub(crate) fn refusal_text(component: &Component) -> String {
    let class = display_name(component);
    let why = if component.class == ComponentClass::Unknown {
        format!("its class \"{class}\" is not known here")
    } else {
        format!("this version does not run {}", with_article(class))
    };
    format!(
        "The component \"{}\" is missing, not registered, not upgradeable, or missing required interfaces: {why}.",
        component.name
    )
}

/// Builds a component.
pub(crate) fn build(build: &Build<'_>) -> Result<Runnable, Invalid> {
    match support(build.component) {
        Support::No => Err(refusal(build.component)),
        Support::Runs => {
            let runnable =
                edge(build).or_else(|| transformation(build)).or_else(|| blocking(build));
            runnable.unwrap_or_else(|| Err(refusal(build.component)))
        }
    }
}

/// A source or destination.
fn edge(build: &Build<'_>) -> Option<Result<Runnable, Invalid>> {
    use ComponentClass as C;
    let class = build.component.class;
    Some(if class == C::FlatFileSource {
        source::flat_file::build(build).map(Runnable::Source)
    } else if class == C::FlatFileDestination {
        destination::flat_file::build(build).map(Runnable::Destination)
    } else if class == C::XmlSource {
        source::xml::build(build).map(Runnable::Source)
    } else if class == C::RawFileSource {
        source::raw_file::build(build).map(Runnable::Source)
    } else if class == C::RawFileDestination {
        destination::raw_file::build(build).map(Runnable::Destination)
    } else if class == C::RecordsetDestination {
        destination::recordset::build(build).map(Runnable::Destination)
    } else if matches!(class, C::OleDbSource | C::AdoNetSource | C::OdbcSource | C::ExcelSource) {
        source::database::build(build).map(Runnable::Source)
    } else if matches!(
        class,
        C::OleDbDestination
            | C::AdoNetDestination
            | C::OdbcDestination
            | C::SqlServerDestination
            | C::ExcelDestination
    ) {
        destination::database::build(build).map(Runnable::Destination)
    } else {
        return None;
    })
}

type BuildTransform = fn(&Build<'_>) -> Result<Box<dyn Transform>, Invalid>;

/// A synchronous transformation.
fn transformation(build: &Build<'_>) -> Option<Result<Runnable, Invalid>> {
    use ComponentClass as C;
    const ALL: &[(C, BuildTransform)] = &[
        (C::DerivedColumn, transform::derived_column::build),
        (C::DataConversion, transform::data_conversion::build),
        (C::ConditionalSplit, transform::conditional_split::build),
        (C::CharacterMap, transform::character_map::build),
        (C::Audit, transform::audit::build),
        (C::Multicast, transform::multicast::build),
        (C::RowCount, transform::row_count::build),
        (C::BalancedDataDistributor, transform::balanced_data_distributor::build),
        (C::CopyColumn, transform::copy_column::build),
        (C::CacheTransform, transform::cache_transform::build),
        (C::Lookup, transform::lookup::build),
        (C::OleDbCommand, transform::ole_db_command::build),
        (C::PercentageSampling, transform::percentage_sampling::build),
        (C::ImportColumn, transform::import_column::build),
        (C::ExportColumn, transform::export_column::build),
        (C::CdcSplitter, transform::cdc_splitter::build),
        (C::SlowlyChangingDimension, transform::slowly_changing_dimension::build),
    ];
    let (_, make) = ALL.iter().find(|entry| entry.0 == build.component.class)?;
    Some(make(build).map(Runnable::Transform))
}

type BuildCombine = fn(&Build<'_>) -> Result<Box<dyn Combine>, Invalid>;

/// An asynchronous transformation.
fn blocking(build: &Build<'_>) -> Option<Result<Runnable, Invalid>> {
    use ComponentClass as C;
    const ALL: &[(C, BuildCombine)] = &[
        (C::UnionAll, transform::union_all::build),
        (C::Merge, transform::merge::build),
        (C::MergeJoin, transform::merge_join::build),
        (C::Sort, transform::sort::build),
        (C::Aggregate, transform::aggregate::build),
        (C::RowSampling, transform::row_sampling::build),
        (C::Pivot, transform::pivot::build),
        (C::Unpivot, transform::unpivot::build),
        (C::FuzzyLookup, transform::fuzzy_lookup::build),
        (C::FuzzyGrouping, transform::fuzzy_grouping::build),
        (C::TermLookup, transform::term_lookup::build),
        (C::TermExtraction, transform::term_extraction::build),
    ];
    let (_, make) = ALL.iter().find(|entry| entry.0 == build.component.class)?;
    Some(make(build).map(Runnable::Combine))
}
