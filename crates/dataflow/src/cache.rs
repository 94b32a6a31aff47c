//! The caches of a package run: reference rows that a Cache Transform gathers and Lookups search,
//! across the data flows of the package, by Cache connection manager.
//!
//! A cache stays in memory until its package ends, and is written once. Rows are found by the
//! exact values of all index columns: case, accents, width and trailing blanks count, and NULL is
//! equal to NULL. The file of a cache (`UseFile`) has the layout of our raw files; caches (.caw)
//! of SSIS on Windows are refused when they are opened.
//!
//! # Invariant
//!
//! A cache that can be read is complete and never changes.

mod file;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_select::take::take;
use model::{DataType, dts};
use package::{CacheFormat, ConnectionKind, ConnectionManager};

use crate::gather::Place;
use crate::sort_key::{KeyColumn, Keys, ORDINAL};
use crate::{Build, Context, Failure, Invalid, Stop};

/// The caches of one package run. The task around a data flow keeps it as long as the package
/// runs.
#[derive(Debug, Default)]
pub struct Caches(Mutex<HashMap<String, Slot>>);

#[derive(Debug)]
enum Slot {
    /// The component with this name gathers rows for it.
    Writing(String),
    /// It was made by the component with this name.
    Ready(String, Arc<Cache>),
}

impl Caches {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        // Each change is one call, so a thread that panicked left no half of one behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that `who` writes a cache.
    fn begin(&self, id: &str, who: &str) -> Result<(), Failure> {
        let mut slots = self.lock();
        if let Some(Slot::Writing(other) | Slot::Ready(other, _)) = slots.get(id) {
            return Err(Failure::new(
                dts::DTS_E_MULTIPLECACHEWRITES,
                format!(
                    "The \"{who}\" cannot write to the cache because \"{other}\" has already written to it."
                ),
            ));
        }
        slots.insert(id.to_owned(), Slot::Writing(who.to_owned()));
        Ok(())
    }

    /// Forgets a cache that was not written to its end.
    fn abandon(&self, id: &str) {
        let mut slots = self.lock();
        if matches!(slots.get(id), Some(Slot::Writing(_))) {
            slots.remove(id);
        }
    }

    fn fill(&self, id: &str, who: &str, cache: Arc<Cache>) {
        self.lock().insert(id.to_owned(), Slot::Ready(who.to_owned(), cache));
    }

    /// The cache, if somebody has made it.
    fn get(&self, id: &str, who: &str) -> Result<Option<Arc<Cache>>, Failure> {
        match self.lock().get(id) {
            None => Ok(None),
            Some(Slot::Ready(_, cache)) => Ok(Some(Arc::clone(cache))),
            Some(Slot::Writing(writer)) => Err(Failure::new(
                dts::DTS_E_READNOTFILLEDCACHE,
                format!(
                    "The cache is being written to by \"{writer}\", and cannot be read by \"{who}\". Fill it in a data flow that runs before this one."
                ),
            )),
        }
    }
}

/// A Cache connection manager as a component uses it.
#[derive(Clone, Debug)]
pub(crate) struct CacheConnection {
    manager: Arc<ConnectionManager>,
    pub(crate) format: CacheFormat,
}

impl CacheConnection {
    /// The Cache connection manager of a component, its columns checked.
    pub(crate) fn of(build: &Build<'_>) -> Result<Self, Invalid> {
        let connections = &build.component.connections;
        let named = connections.iter().find(|connection| connection.name == "CacheConnection");
        let reference = named.or(connections.first());
        let reference = reference.map_or("", |connection| connection.connection_manager.as_str());
        let found = build.environment.connection(reference).filter(|_| !reference.is_empty());
        let format = found.as_deref().and_then(|manager| {
            let ConnectionKind::Cache(format) = &manager.kind else { return None };
            Some(format.clone())
        });
        let (Some(manager), Some(format)) = (found, format) else {
            return Err(Invalid::failed(
                dts::DTS_E_CANNOTFINDRUNTIMECONNECTIONMANAGER,
                format!(
                    "The Cache connection manager \"{reference}\" of \"{}\" cannot be found.",
                    build.component.name
                ),
            ));
        };
        check_index(&manager.name, &format)?;
        if format.use_file && manager.connection_string.as_str().trim().is_empty() {
            return Err(Invalid::broken(
                dts::DTS_E_INVALIDCACHEFILENAME,
                format!(
                    "The connection manager \"{}\" keeps its cache in a file but names none.",
                    manager.name
                ),
            ));
        }
        Ok(Self { manager, format })
    }

    /// Places of the index columns among the cache's columns, in index order.
    pub(crate) fn index(&self) -> Vec<usize> {
        let columns = self.format.columns.iter().enumerate();
        let mut index: Vec<_> = columns.filter(|(_, column)| column.index_position > 0).collect();
        index.sort_by_key(|(_, column)| column.index_position);
        index.into_iter().map(|(at, _)| at).collect()
    }

    /// Place of the column with this name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.format.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Begins to write the cache.
    pub(crate) fn begin(&self, context: &Context<'_>) -> Result<Filling, Failure> {
        let caches = self.caches(context)?;
        caches.begin(&self.manager.id, context.name())?;
        Ok(Filling { caches, id: self.manager.id.clone(), cache: Cache::empty(self) })
    }

    /// The cache, complete; from its file if nobody has made it.
    pub(crate) fn read(&self, context: &Context<'_>) -> Result<Arc<Cache>, Stop> {
        let caches = self.caches(context)?;
        if let Some(cache) = caches.get(&self.manager.id, context.name())? {
            return Ok(cache);
        }
        if !self.format.use_file {
            return Err(Failure::new(
                dts::DTS_E_READUNINITIALIZEDCACHE,
                format!(
                    "The cache \"{}\" is not initialized and cannot be read by \"{}\". A Cache Transform in a data flow that runs before this one must fill it.",
                    self.manager.name,
                    context.name()
                ),
            )
            .into());
        }
        let cache = Arc::new(file::load(self, context)?);
        caches.fill(&self.manager.id, context.name(), Arc::clone(&cache));
        Ok(cache)
    }

    /// Makes a cache that is complete known to others, and writes its file if it has one.
    pub(crate) fn publish(
        &self,
        filling: &mut Filling,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let cache = Arc::new(std::mem::replace(&mut filling.cache, Cache::empty(self)));
        if self.format.use_file {
            file::save(self, &cache, context)?;
        }
        filling.caches.fill(&filling.id, context.name(), cache);
        Ok(())
    }

    fn caches(&self, context: &Context<'_>) -> Result<Arc<Caches>, Failure> {
        context.environment().caches(&self.manager).ok_or_else(|| {
            Failure::new(
                dts::DTS_E_READUNINITIALIZEDCACHE,
                format!("There is no place for the cache \"{}\".", self.manager.name),
            )
        })
    }
}

/// Index positions are 0 for columns outside of the index, and 1, 2 and so on for those in it.
fn check_index(manager: &str, format: &CacheFormat) -> Result<(), Invalid> {
    let mut places = Vec::new();
    for column in &format.columns {
        if column.index_position < 0 {
            return Err(Invalid::broken(
                dts::DTS_E_CACHE_INVALID_INDEXPOS,
                format!(
                    "The index position of the column \"{}\" of the cache \"{manager}\" is {}; it must not be negative.",
                    column.name, column.index_position
                ),
            ));
        }
        if column.index_position > 0 && places.contains(&column.index_position) {
            return Err(Invalid::broken(
                dts::DTS_E_CACHE_DUPLICATE_INDEXPOS,
                format!(
                    "The cache \"{manager}\" has several columns with the index position {}.",
                    column.index_position
                ),
            ));
        }
        if column.index_position > 0 {
            places.push(column.index_position);
        }
    }
    if places.is_empty() {
        return Err(Invalid::broken(
            dts::DTS_E_CACHE_TOO_FEW_INDEX_COLUMNS,
            format!("The cache \"{manager}\" needs at least one index column."),
        ));
    }
    places.sort_unstable();
    if !places.iter().zip(1..).all(|(place, wanted)| *place == wanted) {
        return Err(Invalid::broken(
            dts::DTS_E_CACHE_INDEXPOS_NOT_CONTINUOUS,
            format!(
                "The index positions of the cache \"{manager}\" must be 1, 2 and so on without gaps."
            ),
        ));
    }
    Ok(())
}

/// A cache that is being written. Dropped before it is published, it leaves none behind.
pub(crate) struct Filling {
    caches: Arc<Caches>,
    id: String,
    pub(crate) cache: Cache,
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.caches.abandon(&self.id);
    }
}

/// Reference rows, found by their index columns.
#[derive(Debug)]
pub(crate) struct Cache {
    types: Vec<DataType>,
    /// Places of the index columns, in index order.
    index: Vec<usize>,
    /// By part and column.
    parts: Vec<Vec<ArrayRef>>,
    rows: HashMap<Box<[u8]>, Place>,
    /// About how many bytes it takes.
    pub(crate) bytes: usize,
}

impl Cache {
    fn empty(connection: &CacheConnection) -> Self {
        let types = connection.format.columns.iter().map(|column| column.data_type).collect();
        let (index, parts, rows) = (connection.index(), Vec::new(), HashMap::new());
        Self { types, index, parts, rows, bytes: 0 }
    }

    /// Adds the rows whose key is new; returns how many were not, and how many bytes more it
    /// takes. `columns` has for each column of the cache its place in the batch.
    pub(crate) fn add(
        &mut self,
        batch: &RecordBatch,
        columns: &[usize],
    ) -> Result<(usize, usize), Stop> {
        let index: Vec<_> =
            self.index.iter().map(|&at| key_column(columns[at], self.types[at])).collect();
        let keys = Keys::of(batch, &index);
        let (mut new, mut bytes) = (Vec::new(), 0);
        for row in 0..batch.num_rows() {
            let key = keys.row(row);
            if !self.rows.contains_key(key) {
                self.rows.insert(key.into(), (self.parts.len(), new.len()));
                bytes += key.len() + ENTRY_BYTES;
                new.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
        }
        let known = batch.num_rows() - new.len();
        if !new.is_empty() {
            let new = UInt32Array::from(new);
            let part: Result<Vec<_>, _> = columns
                .iter()
                .map(|&column| take(batch.column(column).as_ref(), &new, None))
                .collect();
            let part = part?;
            bytes += part.iter().map(|array| array.get_array_memory_size()).sum::<usize>();
            self.parts.push(part);
        }
        self.bytes += bytes;
        Ok((known, bytes))
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Where each row of a batch finds its reference row.
    pub(crate) fn find(&self, keys: &Keys, rows: usize) -> Vec<Option<Place>> {
        (0..rows).map(|row| self.rows.get(keys.row(row)).copied()).collect()
    }

    /// The parts of a column.
    pub(crate) fn parts_of(&self, column: usize) -> impl Iterator<Item = &ArrayRef> {
        self.parts.iter().map(move |part| &part[column])
    }
}

/// About how many bytes an entry of the index takes beside its key.
const ENTRY_BYTES: usize = 56;

/// A column whose values are compared exactly.
pub(crate) const fn key_column(position: usize, data_type: DataType) -> KeyColumn {
    let flags = if data_type.is_text() { ORDINAL } else { 0 };
    KeyColumn { position, data_type, descending: false, flags }
}
