//! Rows of a query, block by block, without keeping them.

use futures_util::TryStreamExt as _;
use tiberius::{Query, QueryItem, QueryStream};

use super::{Batch, Connection, SqlClient, SqlError, Statement, StatementError, Trouble, value};
use crate::database::{Column, Limits, RowSink};

/// A block of rows, and whether there may be more.
type Block = (Vec<Vec<model::Value>>, bool);

impl Connection {
    /// Hands the rows of the first result set on. The time limit is for the first of them, as
    /// providers have it.
    pub(crate) fn stream(
        &mut self,
        statement: &Statement,
        block_rows: usize,
        limits: &Limits<'_>,
        sink: &mut dyn RowSink,
    ) -> Result<(), SqlError> {
        let batch = statement.compile().map_err(SqlError::Statement)?;
        let mut client = self.take_client()?;
        let result = self.stream_from(&mut client, &batch, (block_rows.max(1), limits), sink);
        match result {
            // The rest of the answer is still under way.
            Ok(false) => Ok(()),
            Ok(true) => self.put_back(client, Ok(())),
            Err(trouble) => self.put_back(client, Err(trouble)),
        }
    }

    /// Whether the answer came to its end.
    fn stream_from(
        &self,
        client: &mut SqlClient,
        batch: &Batch,
        (block_rows, limits): (usize, &Limits<'_>),
        sink: &mut dyn RowSink,
    ) -> Result<bool, Trouble> {
        let (mut stream, columns) = self.wait(limits, begin(client, batch))?;
        if !sink.columns(&columns) {
            return Ok(false);
        }
        let patient = Limits { time_max: None, ..*limits };
        loop {
            let (rows, more) = self.wait(&patient, block(&mut stream, block_rows))?;
            if !rows.is_empty() && !sink.rows(rows) {
                return Ok(false);
            }
            if !more {
                return Ok(true);
            }
        }
    }
}

async fn begin<'c>(
    client: &'c mut SqlClient,
    batch: &Batch,
) -> Result<(QueryStream<'c>, Vec<Column>), Trouble> {
    let mut stream = if batch.inputs.is_empty() {
        client.simple_query(batch.text.clone()).await?
    } else {
        let mut query = Query::new(batch.text.clone());
        for (at, (data_type, input)) in batch.inputs.iter().enumerate() {
            let name = || (at + 1).to_string();
            let bound = value::column_data(input, *data_type);
            query.bind(
                bound.ok_or_else(|| Trouble::Statement(StatementError::Type { name: name() }))?,
            );
        }
        query.query(client).await?
    };
    let columns = stream.columns().await?.unwrap_or_default();
    let columns = columns.iter().map(|column| Column {
        name: column.name().to_owned(),
        data_type: None,
        writable: true,
        identity: false,
    });
    let columns = columns.collect();
    Ok((stream, columns))
}

async fn block(stream: &mut QueryStream<'_>, rows_max: usize) -> Result<Block, Trouble> {
    let mut rows = Vec::new();
    while rows.len() < rows_max {
        match stream.try_next().await? {
            None => return Ok((rows, false)),
            Some(QueryItem::Row(row)) if row.result_index() == 0 => {
                let types: Vec<_> = row.columns().iter().map(|c| c.column_type()).collect();
                let cells = row.into_iter().zip(types);
                rows.push(cells.map(|(cell, ty)| value::value(cell, ty)).collect());
            }
            Some(_) => {}
        }
    }
    Ok((rows, true))
}
