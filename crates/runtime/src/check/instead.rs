//! What to do instead of a documented task that does not run here.

use package::StockTask;

/// The next step, as a part of a sentence.
pub(super) const fn of(task: StockTask) -> &'static str {
    use StockTask as Task;
    match task {
        Task::TransferDatabase => {
            "it needs SQL Server Management Objects; restore a backup by an Execute SQL Task"
        }
        Task::TransferLogins => {
            "it needs SQL Server Management Objects; create the logins by an Execute SQL Task \
             (CREATE LOGIN with SID and hashed password)"
        }
        Task::TransferJobs => {
            "it needs SQL Server Management Objects; create the jobs by an Execute SQL Task \
             (msdb.dbo.sp_add_job)"
        }
        Task::TransferErrorMessages => {
            "it needs SQL Server Management Objects; add the messages by an Execute SQL Task \
             (sp_addmessage)"
        }
        Task::TransferStoredProcedures => {
            "it needs SQL Server Management Objects; create the procedures by an Execute SQL Task"
        }
        Task::TransferSqlServerObjects => {
            "it needs SQL Server Management Objects; create the objects by an Execute SQL Task \
             and copy their rows by a Data Flow Task"
        }
        Task::BackUpDatabase
        | Task::CheckIntegrity
        | Task::RebuildIndex
        | Task::ReorganizeIndex
        | Task::UpdateStatistics
        | Task::ShrinkDatabase
        | Task::HistoryCleanup
        | Task::ExecuteTsql
        | Task::ExecuteAgentJob
        | Task::NotifyOperator => {
            "maintenance tasks are not supported; send the T-SQL that it shows by an Execute SQL \
             Task"
        }
        Task::MaintenanceCleanup => {
            "maintenance tasks are not supported; delete the files by a Foreach Loop and a File \
             System Task"
        }
        Task::AnalysisServicesDdl | Task::AnalysisServicesProcessing | Task::DataMiningQuery => {
            "Analysis Services is not reached from here; keep the task on a machine with Windows"
        }
        Task::MessageQueue => "Message Queuing is part of Windows; use an Execute Process Task",
        Task::WmiDataReader | Task::WmiEventWatcher => {
            "WMI is part of Windows; use an Execute Process Task"
        }
        Task::HadoopFileSystem | Task::HadoopHive | Task::HadoopPig => {
            "Hadoop is not reached from here; use an Execute Process Task with its own tools"
        }
        Task::CdcControl => {
            "this version does not mark ranges of changes; use an Execute SQL Task with \
             sys.fn_cdc_get_max_lsn and a variable or table that keeps the LSN"
        }
        Task::WebService | Task::Xml => {
            "this task is not supported by this version; use an Execute Process Task"
        }
        // These have fields of their own and run.
        Task::DataFlow
        | Task::ExecuteSql
        | Task::Script
        | Task::Expression
        | Task::ExecutePackage
        | Task::ExecuteProcess
        | Task::FileSystem
        | Task::Ftp
        | Task::SendMail
        | Task::BulkInsert
        | Task::DataProfiling => "this task is not supported by this version",
    }
}
