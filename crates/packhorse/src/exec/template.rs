//! `packhorse exec --template`: loads the program once, and becomes a package process as often as
//! the worker asks.
//!
//! What every package process would do first is done here, once: a package is run in memory, so
//! that the code that it takes is read and linked. It leaves no thread, which forking needs.

use std::sync::Arc;

use anyhow::{Context, Result};
use package::{Part, Project, ReadOptions};
use runtime::{Cancel, Ignore, RunOptions};

/// A package that does nothing.
const EMPTY: &str = r#"<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts"
  DTS:refId="Package" DTS:CreationName="Microsoft.Package"
  DTS:DTSID="{00000000-0000-0000-0000-000000000001}" DTS:ExecutableType="Microsoft.Package"
  DTS:ObjectName="Empty"><DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
</DTS:Executable>"#;

/// Serves the worker. Returns in each child, which then is as `exec --child` is at its start.
pub(crate) fn become_children() -> Result<()> {
    warm_up()?;
    worker::serve_forks().context("cannot become package processes")
}

fn warm_up() -> Result<()> {
    let parts = vec![Part { name: "Empty.dtsx".to_owned(), bytes: EMPTY.as_bytes().into() }];
    let (project, _) =
        Project::from_parts(parts, &ReadOptions::default()).context("cannot read a package")?;
    let options = RunOptions::new(Arc::new(project), "Empty.dtsx");
    runtime::run(options, Arc::new(Ignore), Cancel::new());
    Ok(())
}
