//! An FTP server that is not ours: Debian's vsftpd, on a free port, until it is dropped.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::postgres::free_port;
use crate::wait_for;

/// Who may sign in.
pub const USER: &str = "ftp";
/// With what.
pub const PASSWORD: &str = "open sesame";

/// A server for everything below one folder, whose paths are those of this machine.
pub struct Vsftpd {
    child: Child,
    /// Where it listens, at 127.0.0.1.
    pub port: u16,
    /// The folder that is the first one of a session.
    pub root: PathBuf,
}

impl Vsftpd {
    /// Starts it with more lines of its configuration; `folder` is for its files.
    ///
    /// # Panics
    ///
    /// When it is not installed or does not listen within a minute.
    pub fn start(folder: &Path, more: &str) -> Self {
        let port = free_port();
        let root = folder.join("server");
        let nothing = folder.join("nothing");
        for folder in [&root, &nothing] {
            fs::create_dir_all(folder).expect("a folder is made");
        }
        let passwords = folder.join("passwords");
        fs::write(&passwords, format!("{PASSWORD}\n")).expect("the passwords are written");
        let configuration = folder.join("vsftpd.conf");
        // It chooses who may sign in by the password of its guests, so that no account of this
        // machine is needed, and root is not either.
        let text = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n\
             run_as_launching_user=YES\nseccomp_sandbox=NO\nxferlog_enable=NO\n\
             anonymous_enable=YES\nlocal_enable=NO\nanon_root={root}\nanon_umask=022\n\
             write_enable=YES\nanon_upload_enable=YES\nanon_mkdir_write_enable=YES\n\
             anon_other_write_enable=YES\nanon_world_readable_only=NO\n\
             allow_writeable_chroot=YES\nsecure_chroot_dir={nothing}\n\
             secure_email_list_enable=YES\nemail_password_file={passwords}\n\
             ascii_upload_enable=YES\nascii_download_enable=YES\nconnect_from_port_20=NO\n{more}\n",
            root = root.display(),
            nothing = nothing.display(),
            passwords = passwords.display(),
        );
        fs::write(&configuration, text).expect("the configuration is written");
        let mut child = Command::new(program())
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("vsftpd starts");
        wait_for("the FTP server to listen", || {
            assert!(matches!(child.try_wait(), Ok(None)), "vsftpd ended at its start");
            TcpStream::connect(("127.0.0.1", port))
        });
        Self { child, port, root }
    }
}

/// Debian keeps it out of the search path of those who are not root.
fn program() -> &'static str {
    let places = ["/usr/sbin/vsftpd", "/usr/local/sbin/vsftpd"];
    places.into_iter().find(|place| Path::new(place).exists()).unwrap_or("vsftpd")
}

impl Drop for Vsftpd {
    fn drop(&mut self) {
        // A server that is gone already is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
