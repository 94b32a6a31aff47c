//! What the JSON interface under `/api/` takes and gives: bodies of requests and answers.
//!
//! The command line and the Manager pages use these and nothing else. Times are microseconds
//! since 1970-01-01 UTC, statuses and types the numbers that SSISDB documents. Fields are only
//! ever added, and unknown ones are ignored.
//!
//! | request | path | answers |
//! |---|---|---|
//! | none | `GET /api/folders` | [`Folders`] |
//! | [`NewFolder`] | `POST /api/folders` | [`FolderCreated`] |
//! | none | `GET /api/projects` | [`Projects`] |
//! | `.ispac` bytes | `PUT /api/projects/{folder}/{project}` ([`DeployQuery`]) | [`Deployed`] |
//! | list of [`NewExecution`] | `POST /api/executions` | [`ExecutionsStarted`] |
//! | none | `GET /api/executions` ([`ExecutionsQuery`]) | [`Executions`] |
//! | none | `GET /api/executions/{id}` ([`ExecutionQuery`]) | [`ExecutionDetail`] |
//! | none | `GET /api/executions/{id}/explain` | [`Explanation`] |
//! | [`Watch`] | `POST /api/executions/watch` | [`Watched`] |
//! | none | `GET /api/executions/{id}/messages` ([`MessagesQuery`]) | [`Messages`] |
//! | none | `GET /api/operations/{id}/messages` ([`MessagesQuery`]) | [`Messages`] |
//! | none | `POST /api/operations/{id}/stop` | [`Stopped`] |
//! | none | `GET /api/workers` | [`Workers`] |
//! | none | `POST /api/workers/{id}/enable`, `.../disable` | [`Done`] |
//! | [`ChangeWorker`] | `POST /api/workers/{id}` | [`Done`] |
//! | none | `DELETE /api/workers/{id}` | [`Done`] |
//! | none | `GET /api/workers/waiting` | [`WaitingWorkers`] |
//! | [`NewJoin`] | `POST /api/joins` | [`JoinCreated`] |
//! | [`Join`] | `POST /api/join` (any certificate) | [`Joined`] |
//! | none | `GET /api/logins` | [`Logins`] |
//! | [`NewLogin`] | `POST /api/logins` | [`Done`] |
//! | [`ChangeLogin`] | `POST /api/logins/{name}` | [`Done`] |
//! | none | `DELETE /api/logins/{name}` | [`Done`] |
//! | none | `GET /api/master` | [`MasterInfo`] |
//! | none | `GET /api/masters` | [`MasterList`] |
//! | none | `GET /api/certificates` | [`Certificates`] |
//! | [`TrustCertificate`] | `POST /api/certificates` | [`CertificateTrusted`] |
//! | none | `DELETE /api/certificates/{thumbprint}` | [`Done`] |

mod execution;
mod explain;
mod joining;
mod login;
mod message;
mod project;
mod topology;

pub use execution::{
    AttemptRow, ExecutionDetail, ExecutionQuery, ExecutionRow, Executions, ExecutionsQuery,
    ExecutionsStarted, Known, NewExecution, NewParameter, NewPropertyOverride, Stopped, Watch,
    Watched,
};
pub use explain::{Explanation, WorkerReason};
pub use joining::{
    ChangeWorker, Join, JoinCreated, Joined, NewJoin, WaitingWorker, WaitingWorkers,
};
pub use login::{ChangeLogin, LoginRow, Logins, NewLogin};
pub use message::{MessageRow, Messages, MessagesQuery};
pub use project::{
    DeployQuery, Deployed, FolderCreated, FolderRow, Folders, NewFolder, PackageRow, ProjectRow,
    Projects,
};
pub use topology::{
    CertificateRow, CertificateTrusted, Certificates, Done, MasterInfo, MasterList, MasterRow,
    TrustCertificate, WorkerRow, Workers,
};
