//! Transformations, one file per component.

pub(crate) mod copy_column;
pub(crate) mod multicast;
pub(crate) mod row_count;
pub(crate) mod union_all;

/// The lineage id in a property: bare, or as `#{...}`. Empty when there is none.
pub(crate) fn lineage_property(text: Option<&str>) -> String {
    let text = text.unwrap_or_default().trim();
    let bare = text.strip_prefix("#{").and_then(|rest| rest.strip_suffix('}'));
    bare.unwrap_or(text).to_owned()
}
