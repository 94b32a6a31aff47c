//! Cache Transform: puts the rows of its input into the cache of a Cache connection manager, where
//! Lookups of later data flows find them.
//!
//! Only rows with a new key go in: of several with equal index columns the first stays, with a
//! warning, or with an error when TreatDuplicateKeysAsError is on (Cache Transform page). A cache
//! is written by one Cache Transform, once in a package run; it becomes visible when the data flow
//! has succeeded. Input and cache columns correspond one to one, with exactly the same types.

use std::time::Instant;

use arrow_array::RecordBatch;
use model::dts;
use package::ColumnUsage;

use crate::cache::{CacheConnection, Filling};
use crate::{Build, Context, Failure, Invalid, Lifecycle, Outbox, Stop, Transform};

/// Fills a cache.
struct CacheTransform {
    connection: CacheConnection,
    /// For each column of the cache its place in a batch.
    columns: Vec<usize>,
    duplicates_fail: bool,
    filling: Option<Filling>,
    warned: bool,
    start: Instant,
}

/// Builds a Cache Transform.
pub(crate) fn build(build: &Build<'_>) -> Result<Box<dyn Transform>, Invalid> {
    let connection = CacheConnection::of(build)?;
    let columns = columns(build, &connection)?;
    Ok(Box::new(CacheTransform {
        connection,
        columns,
        duplicates_fail: build.flag("TreatDuplicateKeysAsError", false)?,
        filling: None,
        warned: false,
        start: Instant::now(),
    }))
}

fn columns(build: &Build<'_>, connection: &CacheConnection) -> Result<Vec<usize>, Invalid> {
    let input = build.input(0)?;
    let format = &connection.format;
    let mut places: Vec<Option<usize>> = vec![None; format.columns.len()];
    for column in &build.component.inputs[0].columns {
        if column.usage == ColumnUsage::Ignored {
            continue;
        }
        let name = build.input_column_name(0, column);
        let wanted = column.property("CacheColumnName").unwrap_or_default();
        if wanted.is_empty() {
            return Err(Invalid::broken(
                dts::DTS_E_COLNOTMAPPEDTOCACHECOL,
                format!("The input column \"{name}\" is not mapped to a cache column."),
            ));
        }
        let Some(at) = connection.position(wanted) else {
            return Err(Invalid::broken(
                dts::DTS_E_CACHECOLUMNOTFOUND,
                format!("The cache column \"{wanted}\" of \"{name}\" was not found."),
            ));
        };
        let position = input.position(&column.lineage_id);
        let Some(position) = position else { continue };
        if places[at].replace(position).is_some() {
            return Err(Invalid::broken(
                dts::DTS_E_MULTICACHECOLMAPPINGS,
                format!("Several input columns are mapped to the cache column \"{wanted}\"."),
            ));
        }
        let (from, to) = (input.columns[position].data_type, format.columns[at].data_type);
        if from.code() != to.code() || to.is_long() {
            return Err(Invalid::broken(
                dts::DTS_E_CACHECOLDATATYPEINCOMPAT,
                format!(
                    "The data type {from} of \"{name}\" is not compatible with the data type {to} of the cache column \"{wanted}\"."
                ),
            ));
        }
        if from != to {
            return Err(Invalid::broken(
                dts::DTS_E_CACHECOLDATATYPEPROPINCOMPAT,
                format!(
                    "The length, precision, scale or code page of \"{name}\" ({from}) is not that of the cache column \"{wanted}\" ({to})."
                ),
            ));
        }
    }
    places.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| {
        Invalid::broken(
            dts::DTS_E_INCORRECTINPUTCACHECOLCOUNT,
            format!(
                "The number of input columns of \"{}\" is not the number of columns of its cache.",
                build.component.name
            ),
        )
    })
}

impl Lifecycle for CacheTransform {
    fn open(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        self.filling = Some(self.connection.begin(context)?);
        self.start = Instant::now();
        context.check()
    }

    fn close(&mut self, context: &Context<'_>) -> Result<(), Stop> {
        let Some(mut filling) = self.filling.take() else { return context.check() };
        let (rows, bytes) = (filling.cache.len(), filling.cache.bytes);
        self.connection.publish(&mut filling, context)?;
        context.information(
            dts::DTS_I_SUCCEEDEDHASHINGCACHE,
            format!(
                "The \"{}\" has succeeded in hashing {rows} rows into cache. The processing time was {:.3} second(s), the cache used {bytes} bytes of memory.",
                context.name(),
                self.start.elapsed().as_secs_f64()
            ),
        );
        context.check()
    }
}

impl Transform for CacheTransform {
    fn process(&mut self, batch: RecordBatch, out: &mut Outbox<'_>) -> Result<(), Stop> {
        if let Some(filling) = &mut self.filling {
            let (known, bytes) = filling.cache.add(&batch, &self.columns)?;
            out.context().reserve(bytes)?;
            if known > 0 {
                self.duplicate(out.context())?;
            }
        }
        out.send(0, batch)
    }
}

impl CacheTransform {
    fn duplicate(&mut self, context: Context<'_>) -> Result<(), Stop> {
        let text = format!(
            "The \"{}\" encountered duplicate reference key values when caching reference data. The first row with a key stays.",
            context.name()
        );
        if self.duplicates_fail {
            return Err(Failure::new(dts::DTS_W_TXLOOKUP_DUPLICATE_KEYS, text).into());
        }
        if !self.warned {
            self.warned = true;
            context.warning(dts::DTS_W_TXLOOKUP_DUPLICATE_KEYS, text);
        }
        Ok(())
    }
}
