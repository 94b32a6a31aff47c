//! Which component classes run, and what builds them.

use model::dts;
use package::{Component, ComponentClass};

use crate::{Build, Invalid, Runnable, destination, source, transform};

/// How far a class is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    /// It runs.
    Runs,
    /// Its server is contacted at validation, so that a server that does not answer gives the
    /// connection error; it does not run.
    NeedsServer,
    /// It does not run.
    No,
}

/// How far a class is supported.
pub(crate) const fn support(class: ComponentClass) -> Support {
    use ComponentClass as C;
    match class {
        C::FlatFileSource
        | C::FlatFileDestination
        | C::Multicast
        | C::UnionAll
        | C::RowCount
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
        | C::RecordsetDestination => Support::Runs,
        C::OleDbSource
        | C::OleDbDestination
        | C::OleDbCommand
        | C::Lookup
        | C::AdoNetSource
        | C::AdoNetDestination
        | C::SlowlyChangingDimension
        | C::FuzzyLookup
        | C::FuzzyGrouping
        | C::TermLookup
        | C::TermExtraction
        | C::SqlServerDestination => Support::NeedsServer,
        C::ExcelSource
        | C::ExcelDestination
        | C::RawFileSource
        | C::RawFileDestination
        | C::CacheTransform
        | C::PercentageSampling
        | C::RowSampling
        | C::Pivot
        | C::Unpivot
        | C::ImportColumn
        | C::ExportColumn
        | C::BalancedDataDistributor
        | C::DataMiningQuery
        | C::DimensionProcessing
        | C::PartitionProcessing
        | C::DataMiningModelTraining
        | C::OdbcSource
        | C::OdbcDestination
        | C::XmlSource
        | C::ScriptComponent
        | C::DataReaderDestination
        | C::SqlCompactDestination
        | C::CdcSource
        | C::CdcSplitter
        | C::Unknown => Support::No,
    }
}

/// What a person calls the component: `Lookup`, or the class id of an unknown one.
pub(crate) fn display_name(component: &Component) -> &str {
    match component.class {
        ComponentClass::Unknown => &component.class_id,
        class => class.name(),
    }
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

/// What the refusal says.
pub(crate) fn refusal_text(component: &Component) -> String {
    let class = display_name(component);
    match component.class {
        ComponentClass::Unknown => format!(
            "The component \"{}\" is missing, not registered, not upgradeable, or missing required interfaces: its class \"{class}\" is not known here.",
            component.name
        ),
        _ => format!(
            "The component \"{}\" is missing, not registered, not upgradeable, or missing required interfaces: this version does not run the {class} component.",
            component.name
        ),
    }
}

/// Builds a component.
pub(crate) fn build(build: &Build<'_>) -> Result<Runnable, Invalid> {
    use ComponentClass as C;
    Ok(match build.component.class {
        C::FlatFileSource => Runnable::Source(source::flat_file::build(build)?),
        C::FlatFileDestination => Runnable::Destination(destination::flat_file::build(build)?),
        C::RecordsetDestination => Runnable::Destination(destination::recordset::build(build)?),
        C::DerivedColumn => Runnable::Transform(transform::derived_column::build(build)?),
        C::DataConversion => Runnable::Transform(transform::data_conversion::build(build)?),
        C::ConditionalSplit => Runnable::Transform(transform::conditional_split::build(build)?),
        C::CharacterMap => Runnable::Transform(transform::character_map::build(build)?),
        C::Audit => Runnable::Transform(transform::audit::build(build)?),
        C::Multicast => Runnable::Transform(transform::multicast::build(build)?),
        C::RowCount => Runnable::Transform(transform::row_count::build(build)?),
        C::CopyColumn => Runnable::Transform(transform::copy_column::build(build)?),
        C::Sort => Runnable::Combine(transform::sort::build(build)?),
        C::Aggregate => Runnable::Combine(transform::aggregate::build(build)?),
        C::Merge => Runnable::Combine(transform::merge::build(build)?),
        C::MergeJoin => Runnable::Combine(transform::merge_join::build(build)?),
        C::UnionAll => Runnable::Combine(transform::union_all::build(build)?),
        class if support(class) == Support::NeedsServer => {
            return Err(source::server::refuse(build));
        }
        _ => return Err(refusal(build.component)),
    })
}
