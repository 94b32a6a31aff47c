//! The file of a cache.

use std::path::PathBuf;

use model::dts;

use super::{Cache, CacheConnection};
use crate::raw::{self, Begin, RawColumn, RawError, RawReader, RawWriter};
use crate::{Context, Failure, Stop};

/// The file as the package names it, and where it is.
fn path(connection: &CacheConnection, context: &Context<'_>) -> Result<(String, PathBuf), Failure> {
    let name = connection.manager.connection_string.as_str().trim().to_owned();
    let path = context.environment().resolve_path(&name).map_err(|error| {
        Failure::new(
            dts::DTS_E_INVALIDCACHEFILENAME,
            format!("The cache file name \"{name}\" is not valid: {error}."),
        )
    })?;
    Ok((name, path))
}

fn columns(connection: &CacheConnection) -> Vec<RawColumn> {
    let columns = connection.format.columns.iter().map(|column| RawColumn {
        name: column.name.clone(),
        data_type: column.data_type,
        sort_key_position: 0,
        comparison_flags: 0,
    });
    columns.collect()
}

/// Writes a complete cache.
pub(super) fn save(
    connection: &CacheConnection,
    cache: &Cache,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let (name, path) = path(connection, context)?;
    let who = context.name();
    context.information(
        dts::DTS_I_CACHEFILEWRITESTARTED,
        format!("The \"{who}\" has started to write the cache to the file \"{name}\"."),
    );
    let write = || -> Result<(), RawError> {
        let schema = raw::schema(&columns(connection));
        let mut writer = RawWriter::begin(&path, Begin::Always, &schema)?;
        for part in &cache.parts {
            let rows = part.first().map_or(0, |array| array.len());
            let batch = crate::build::batch(&schema, part.clone(), rows);
            writer.write(batch.map_err(RawError::Transfer)?)?;
        }
        writer.finish().map(drop)
    };
    write().map_err(|error| {
        Failure::new(
            dts::DTS_E_CACHEFILEWRITEFAILED,
            format!(
                "The \"{who}\" has failed to write the cache to the file \"{name}\": {}.",
                error.text()
            ),
        )
    })?;
    context.information(
        dts::DTS_I_CACHEFILEWRITESUCCEEDED,
        format!("The \"{who}\" has succeeded in writing the cache to the file \"{name}\"."),
    );
    Ok(())
}

/// Reads a whole cache.
pub(super) fn load(connection: &CacheConnection, context: &Context<'_>) -> Result<Cache, Stop> {
    let (name, path) = path(connection, context)?;
    let failed = |code, why: &str| {
        Failure::new(code, format!("Failed to load the cache from the file \"{name}\": {why}."))
    };
    let raw = |error: RawError| {
        let code = if matches!(error, RawError::Foreign) {
            dts::DTS_E_CACHEBADHEADER
        } else {
            dts::DTS_E_FAILEDTOLOADCACHE
        };
        failed(code, &error.text())
    };
    let mut reader = RawReader::open(&path).map_err(raw)?;
    if reader.columns() != columns(connection) {
        let why = "its columns are not those of the connection manager";
        return Err(failed(dts::DTS_E_FAILEDTOLOADCACHE, why).into());
    }
    let mut cache = Cache::empty(connection);
    let places: Vec<usize> = (0..cache.types.len()).collect();
    while let Some(batch) = reader.next().map_err(raw)? {
        context.check()?;
        let (_, bytes) = cache.add(&batch, &places)?;
        context.reserve(bytes)?;
    }
    Ok(cache)
}
