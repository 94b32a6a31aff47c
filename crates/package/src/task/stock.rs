//! Which task a creation name means, in every form that a product version wrote.

macro_rules! tasks {
    ($($variant:ident, $name:literal, $($id:literal)|+;)*) => {
        /// A documented task.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the documentation")]
        pub enum StockTask { $($variant,)* }

        /// Task, designer name, and what its creation names are without version or assembly.
        const TASKS: &[(StockTask, &str, &[&str])] =
            &[$((StockTask::$variant, $name, &[$($id),+])),*];
    };
}

tasks! {
    DataFlow, "Data Flow Task", "Microsoft.Pipeline" | "SSIS.Pipeline" | "DTS.Pipeline"
        | "{5918251B-2970-45A4-AB5F-01C3C588FE5A}" | "{E3CFBEA8-1F48-40D8-91E1-2DEDC1EDDD56}"
        | "{C3BF9DC1-4715-4694-936F-D3CFDA9E42C5}";
    ExecuteSql, "Execute SQL Task", "Microsoft.ExecuteSQLTask"
        | "Microsoft.SqlServer.Dts.Tasks.ExecuteSQLTask.ExecuteSQLTask";
    Script, "Script Task", "Microsoft.ScriptTask"
        | "Microsoft.SqlServer.Dts.Tasks.ScriptTask.ScriptTask";
    Expression, "Expression Task", "Microsoft.ExpressionTask"
        | "Microsoft.SqlServer.Dts.Tasks.ExpressionTask.ExpressionTask";
    ExecutePackage, "Execute Package Task", "Microsoft.ExecutePackageTask"
        | "SSIS.ExecutePackageTask" | "DTS.ExecutePackageTask" | "MSDTS.ExecutePackageTask";
    ExecuteProcess, "Execute Process Task", "Microsoft.ExecuteProcess"
        | "Microsoft.SqlServer.Dts.Tasks.ExecuteProcess.ExecuteProcess";
    FileSystem, "File System Task", "Microsoft.FileSystemTask"
        | "Microsoft.SqlServer.Dts.Tasks.FileSystemTask.FileSystemTask";
    Ftp, "FTP Task", "Microsoft.FtpTask" | "Microsoft.SqlServer.Dts.Tasks.FtpTask.FtpTask";
    SendMail, "Send Mail Task", "Microsoft.SendMailTask"
        | "Microsoft.SqlServer.Dts.Tasks.SendMailTask.SendMailTask";
    Xml, "XML Task", "Microsoft.XMLTask" | "Microsoft.SqlServer.Dts.Tasks.XMLTask.XMLTask";
    BulkInsert, "Bulk Insert Task", "Microsoft.BulkInsertTask"
        | "Microsoft.SqlServer.Dts.Tasks.BulkInsertTask.BulkInsertTask";
    DataProfiling, "Data Profiling Task", "Microsoft.DataProfilingTask"
        | "Microsoft.SqlServer.Dts.Tasks.DataProfilingTask.DataProfilingTask";
    WebService, "Web Service Task", "Microsoft.WebServiceTask"
        | "Microsoft.SqlServer.Dts.Tasks.WebServiceTask.WebServiceTask";
    MessageQueue, "Message Queue Task", "Microsoft.MessageQueueTask"
        | "Microsoft.SqlServer.Dts.Tasks.MessageQueueTask.MessageQueueTask";
    WmiDataReader, "WMI Data Reader Task", "Microsoft.WmiDataReaderTask"
        | "Microsoft.SqlServer.Dts.Tasks.WmiDataReaderTask.WmiDataReaderTask";
    WmiEventWatcher, "WMI Event Watcher Task", "Microsoft.WmiEventWatcherTask"
        | "Microsoft.SqlServer.Dts.Tasks.WmiEventWatcherTask.WmiEventWatcherTask";
    AnalysisServicesDdl, "Analysis Services Execute DDL Task", "Microsoft.ASExecuteDDLTask"
        | "Microsoft.DataTransformationServices.Tasks.DTSProcessingTask.ASExecuteDDLTask"
        | "Microsoft.SqlServer.Dts.Tasks.ASExecuteDDLTask.ASExecuteDDLTask";
    AnalysisServicesProcessing, "Analysis Services Processing Task",
        "Microsoft.DTSProcessingTask"
        | "Microsoft.DataTransformationServices.Tasks.DTSProcessingTask.DTSProcessingTask"
        | "Microsoft.SqlServer.Dts.Tasks.DTSProcessingTask.DTSProcessingTask";
    DataMiningQuery, "Data Mining Query Task", "Microsoft.DMQueryTask"
        | "Microsoft.SqlServer.Dts.Tasks.DMQueryTask.DMQueryTask";
    TransferDatabase, "Transfer Database Task", "Microsoft.TransferDatabaseTask"
        | "Microsoft.SqlServer.Dts.Tasks.TransferDatabaseTask.TransferDatabaseTask";
    TransferLogins, "Transfer Logins Task", "Microsoft.TransferLoginsTask"
        | "Microsoft.SqlServer.Dts.Tasks.TransferLoginsTask.TransferLoginsTask";
    TransferJobs, "Transfer Jobs Task", "Microsoft.TransferJobsTask"
        | "Microsoft.SqlServer.Dts.Tasks.TransferJobsTask.TransferJobsTask";
    TransferErrorMessages, "Transfer Error Messages Task", "Microsoft.TransferErrorMessagesTask"
        | "Microsoft.SqlServer.Dts.Tasks.TransferErrorMessagesTask.TransferErrorMessagesTask";
    TransferStoredProcedures, "Transfer Master Stored Procedures Task",
        "Microsoft.TransferStoredProceduresTask"
        | "Microsoft.SqlServer.Dts.Tasks.TransferStoredProceduresTask.TransferStoredProceduresTask";
    TransferSqlServerObjects, "Transfer SQL Server Objects Task",
        "Microsoft.TransferSqlServerObjectsTask"
        | "Microsoft.SqlServer.Dts.Tasks.TransferSqlServerObjectsTask.TransferSqlServerObjectsTask";
    BackUpDatabase, "Back Up Database Task", "Microsoft.DbMaintenanceBackupTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceBackupTask";
    CheckIntegrity, "Check Database Integrity Task", "Microsoft.DbMaintenanceCheckIntegrityTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceCheckIntegrityTask";
    RebuildIndex, "Rebuild Index Task", "Microsoft.DbMaintenanceReindexTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceReindexTask";
    ReorganizeIndex, "Reorganize Index Task", "Microsoft.DbMaintenanceDefragmentIndexTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceDefragmentIndexTask";
    UpdateStatistics, "Update Statistics Task", "Microsoft.DbMaintenanceUpdateStatisticsTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceUpdateStatisticsTask";
    ShrinkDatabase, "Shrink Database Task", "Microsoft.DbMaintenanceShrinkTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceShrinkTask";
    HistoryCleanup, "History Cleanup Task", "Microsoft.DbMaintenanceHistoryCleanupTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceHistoryCleanupTask";
    MaintenanceCleanup, "Maintenance Cleanup Task", "Microsoft.DbMaintenanceFileCleanupTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceFileCleanupTask";
    ExecuteTsql, "Execute T-SQL Statement Task", "Microsoft.DbMaintenanceTSQLExecuteTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceTSQLExecuteTask";
    ExecuteAgentJob, "Execute SQL Server Agent Job Task",
        "Microsoft.DbMaintenanceExecuteAgentJobTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceExecuteAgentJobTask";
    NotifyOperator, "Notify Operator Task", "Microsoft.DbMaintenanceNotifyOperatorTask"
        | "Microsoft.SqlServer.Management.DatabaseMaintenance.DbMaintenanceNotifyOperatorTask";
    CdcControl, "CDC Control Task", "Attunity.CdcControlTask"
        | "Attunity.SqlServer.CDCControlTask.CdcControlTask";
    HadoopFileSystem, "Hadoop File System Task", "Microsoft.HadoopFileSystemTask";
    HadoopHive, "Hadoop Hive Task", "Microsoft.HadoopHiveTask";
    HadoopPig, "Hadoop Pig Task", "Microsoft.HadoopPigTask";
}

impl StockTask {
    /// The task with this creation name; `None` for one that is not documented.
    pub fn from_creation_name(creation_name: &str) -> Option<Self> {
        let name = creation_name.split(',').next().unwrap_or_default().trim();
        let known = |id: &&str| {
            id.eq_ignore_ascii_case(name) || id.eq_ignore_ascii_case(without_version(name))
        };
        TASKS.iter().find(|entry| entry.2.iter().any(known)).map(|entry| entry.0)
    }

    /// The task's name in the designer.
    pub fn name(self) -> &'static str {
        TASKS.iter().find(|entry| entry.0 == self).map_or("Task", |entry| entry.1)
    }
}

/// `SSIS.Pipeline.3` without its version.
fn without_version(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_creation_name_means_the_same_task() {
        for name in [
            "Microsoft.Pipeline",
            "SSIS.Pipeline.3",
            "DTS.Pipeline.1",
            "{5918251B-2970-45A4-AB5F-01C3C588FE5A}",
            "{e3cfbea8-1f48-40d8-91e1-2dedc1eddd56}",
        ] {
            assert_eq!(StockTask::from_creation_name(name), Some(StockTask::DataFlow), "{name}");
        }
        let of_2012 = "Microsoft.SqlServer.Dts.Tasks.ExecuteProcess.ExecuteProcess, \
                       Microsoft.SqlServer.ExecProcTask, Version=11.0.0.0, Culture=neutral, \
                       PublicKeyToken=89845dcd8080cc91";
        assert_eq!(StockTask::from_creation_name(of_2012), Some(StockTask::ExecuteProcess));
        assert_eq!(StockTask::from_creation_name("Contoso.Task"), None);
    }
}
