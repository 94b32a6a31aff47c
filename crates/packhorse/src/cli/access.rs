//! Which master a command asks, and as whom.

use std::path::PathBuf;

use clap::Args;

/// Which master a command asks, and as whom. Not given: that of the data directory, with its
/// administrator's certificate.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Asking a master")]
pub(crate) struct Access {
    /// Ask as this login, with what its roles and permissions allow
    ///
    /// The password is the first line of --login-password-file, else of the environment variable
    /// PACKHORSE_LOGIN_PASSWORD, else it is typed, or the first line of standard input.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) login: Option<String>,

    /// A file whose first line is the password of --login
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) login_password_file: Option<PathBuf>,

    /// Ask the master at https://host:port, from a machine without a data directory too
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,

    /// Thumbprint of the certificate of --server; several are possible [default: those of this
    /// data directory's master]
    #[arg(long = "server-thumbprint", global = true, value_name = "THUMBPRINT")]
    pub(crate) server_thumbprints: Vec<String>,
}

impl Access {
    /// The first option that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            (self.login.is_some(), "--login"),
            (self.server.is_some(), "--server"),
            (self.login_password_file.is_some(), "--login-password-file"),
            (!self.server_thumbprints.is_empty(), "--server-thumbprint"),
        ];
        given.into_iter().find(|(is_given, _)| *is_given).map(|(_, name)| name)
    }
}
