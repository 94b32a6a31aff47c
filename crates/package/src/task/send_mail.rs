//! Send Mail Task: one message through an SMTP connection manager.

use crate::codes::numbered;

/// Send Mail Task.
#[derive(Clone, Debug, Default)]
pub struct SendMail {
    /// Id or name of the SMTP connection manager.
    pub connection: String,
    /// Who sends it.
    pub from: String,
    /// Who gets it, separated by `;`.
    pub to: String,
    /// Who gets a copy, separated by `;`.
    pub cc: String,
    /// Who gets a copy without the others knowing, separated by `;`.
    pub bcc: String,
    /// The subject line.
    pub subject: String,
    /// What `message` is.
    pub source_type: MailSource,
    /// The text, or where it is.
    pub message: String,
    /// How urgent it is.
    pub priority: MailPriority,
    /// Windows paths of files, separated by `|`.
    pub attachments: String,
}

numbered! {
    /// Where the text of a message comes from.
    MailSource {
        /// The task's own property.
        #[default]
        DirectInput = 0, "DirectInput";
        /// The file of a FILE connection manager.
        FileConnection = 1, "FileConnection";
        /// A variable.
        Variable = 2, "Variable";
    }

    /// How urgent a message is.
    MailPriority {
        /// Urgent.
        High = 1, "High";
        /// Neither.
        #[default]
        Normal = 3, "Normal";
        /// Not urgent.
        Low = 5, "Low";
    }
}
