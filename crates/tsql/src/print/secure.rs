//! Logins, users, roles, permissions.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    AlterLogin, CreateLogin, CreateUser, Ident, LoginOption, Permission, PermissionChange,
    RoleChange,
};

impl Printer {
    pub(super) fn create_login(&mut self, login: &CreateLogin) {
        self.put("CREATE LOGIN ");
        self.ident(&login.name);
        self.put_if(login.from_windows, " FROM WINDOWS");
        self.login_options(&login.options);
    }

    pub(super) fn alter_login(&mut self, name: &Ident, change: &AlterLogin) {
        self.put("ALTER LOGIN ");
        self.ident(name);
        match change {
            AlterLogin::Enable => self.put(" ENABLE"),
            AlterLogin::Disable => self.put(" DISABLE"),
            AlterLogin::Options(options) => self.login_options(options),
        }
    }

    fn login_options(&mut self, options: &[LoginOption]) {
        self.put_if(!options.is_empty(), " WITH ");
        self.list(options, Self::login_option);
    }

    fn login_option(&mut self, option: &LoginOption) {
        let mut named = |word: &str, name: &Ident| {
            self.put(word);
            self.ident(name);
        };
        match option {
            LoginOption::Name(name) => named("NAME = ", name),
            LoginOption::DefaultDatabase(name) => named("DEFAULT_DATABASE = ", name),
            LoginOption::DefaultLanguage(name) => named("DEFAULT_LANGUAGE = ", name),
            LoginOption::CheckPolicy(on) => {
                self.put(if *on { "CHECK_POLICY = ON" } else { "CHECK_POLICY = OFF" });
            }
            LoginOption::CheckExpiration(on) => {
                self.put(if *on { "CHECK_EXPIRATION = ON" } else { "CHECK_EXPIRATION = OFF" });
            }
            LoginOption::Sid(bytes) => {
                self.put("SID = ");
                self.binary(bytes);
            }
            LoginOption::HashedPassword(bytes) => {
                self.put("PASSWORD = ");
                self.binary(bytes);
                self.put(" HASHED");
            }
            LoginOption::OldPassword(password) => {
                self.put("OLD_PASSWORD = ");
                self.string(&password.0);
            }
            LoginOption::Password { password, must_change, unlock } => {
                self.put("PASSWORD = ");
                self.string(&password.0);
                self.put_if(*must_change, " MUST_CHANGE");
                self.put_if(*unlock, " UNLOCK");
            }
        }
    }

    pub(super) fn create_user(&mut self, user: &CreateUser) {
        self.put("CREATE USER ");
        self.ident(&user.name);
        if let Some(login) = &user.login {
            self.put(" FOR LOGIN ");
            self.ident(login);
        }
        self.put_if(user.without_login, " WITHOUT LOGIN");
        self.user_options(None, user);
    }

    pub(super) fn alter_user(&mut self, user: &CreateUser) {
        self.put("ALTER USER ");
        self.ident(&user.name);
        self.user_options(user.login.as_ref(), user);
    }

    fn user_options(&mut self, login: Option<&Ident>, user: &CreateUser) {
        let options = [
            ("NAME = ", user.new_name.as_ref()),
            ("DEFAULT_SCHEMA = ", user.default_schema.as_ref()),
            ("LOGIN = ", login),
        ];
        let options: Vec<_> =
            options.into_iter().filter_map(|(word, name)| Some((word, name?))).collect();
        self.put_if(!options.is_empty(), " WITH ");
        self.list(&options, |printer, (word, name)| {
            printer.put(word);
            printer.ident(name);
        });
    }

    pub(super) fn create_role(&mut self, server: bool, name: &Ident, owner: Option<&Ident>) {
        self.put(if server { "CREATE SERVER ROLE " } else { "CREATE ROLE " });
        self.ident(name);
        self.owner(owner);
    }

    pub(super) fn owner(&mut self, owner: Option<&Ident>) {
        if let Some(owner) = owner {
            self.put(" AUTHORIZATION ");
            self.ident(owner);
        }
    }

    pub(super) fn alter_role(&mut self, server: bool, name: &Ident, change: &RoleChange) {
        self.put(if server { "ALTER SERVER ROLE " } else { "ALTER ROLE " });
        self.ident(name);
        let (word, other) = match change {
            RoleChange::AddMember(member) => (" ADD MEMBER ", member),
            RoleChange::DropMember(member) => (" DROP MEMBER ", member),
            RoleChange::Rename(name) => (" WITH NAME = ", name),
        };
        self.put(word);
        self.ident(other);
    }

    pub(super) fn permission(&mut self, change: &PermissionChange) {
        self.put(change.verb.word());
        self.put_if(change.grant_option_for, "GRANT OPTION FOR ");
        self.list(&change.permissions, |printer, permission: &Permission| {
            printer.put(&permission.name);
            printer.idents(&permission.columns);
        });
        if let Some(securable) = &change.on {
            self.put(" ON ");
            if let Some(class) = &securable.class {
                self.put(class);
                self.put("::");
            }
            self.name(&securable.name);
        }
        self.put(" TO ");
        self.list(&change.principals, Self::ident);
        self.put_if(change.with_grant_option, " WITH GRANT OPTION");
        self.put_if(change.cascade, " CASCADE");
        if let Some(grantor) = &change.grantor {
            self.put(" AS ");
            self.ident(grantor);
        }
    }
}
