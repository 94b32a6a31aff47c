//! Logins, users, roles, permissions.

use super::{Parsed, Parser, is_reserved};
use crate::ast::{
    AlterLogin, CreateLogin, CreateUser, Ident, LoginOption, Permission, PermissionChange,
    PermissionVerb, RoleChange, Secret, Securable, StatementKind,
};
use crate::lexer::{Symbol, TokenKind, binary_value};

impl Parser<'_> {
    pub(super) fn create_login(&mut self) -> Parsed<StatementKind> {
        let name = self.ident()?;
        let from_windows = self.take_all(&["FROM", "WINDOWS"]);
        if self.is("FROM") {
            self.advance();
            return self.unsupported_here();
        }
        let options = if self.take("WITH") { self.list(Self::login_option)? } else { Vec::new() };
        if options.is_empty() && !from_windows {
            return self.unexpected();
        }
        let login = CreateLogin { name, from_windows, options };
        Ok(StatementKind::CreateLogin(Box::new(login)))
    }

    pub(super) fn alter_login(&mut self) -> Parsed<StatementKind> {
        let name = self.ident()?;
        let change = if self.take("ENABLE") {
            AlterLogin::Enable
        } else if self.take("DISABLE") {
            AlterLogin::Disable
        } else {
            if self.is("ADD") || self.is("DROP") {
                return self.unsupported_here();
            }
            self.expect("WITH")?;
            AlterLogin::Options(self.login_options()?)
        };
        Ok(StatementKind::AlterLogin(name, Box::new(change)))
    }

    /// The old password follows the new one without a comma.
    fn login_options(&mut self) -> Parsed<Vec<LoginOption>> {
        let mut options = vec![self.login_option()?];
        while self.take_symbol(Symbol::Comma) || self.is("OLD_PASSWORD") {
            options.push(self.login_option()?);
        }
        Ok(options)
    }

    fn login_option(&mut self) -> Parsed<LoginOption> {
        const NAMES: &[&str] = &[
            "PASSWORD",
            "OLD_PASSWORD",
            "SID",
            "NAME",
            "DEFAULT_DATABASE",
            "DEFAULT_LANGUAGE",
            "CHECK_POLICY",
            "CHECK_EXPIRATION",
        ];
        let Some(name) = NAMES.iter().find(|name| self.is(name)) else {
            let exists = self.is("CREDENTIAL") || self.is("NO");
            return if exists { self.unsupported_here() } else { self.unexpected() };
        };
        self.advance();
        self.expect_symbol(Symbol::Equal)?;
        Ok(match *name {
            "PASSWORD" => return self.password(),
            "OLD_PASSWORD" => LoginOption::OldPassword(Secret(self.string()?)),
            "SID" => LoginOption::Sid(self.bytes()?),
            "NAME" => LoginOption::Name(self.ident()?),
            "DEFAULT_DATABASE" => LoginOption::DefaultDatabase(self.ident()?),
            "DEFAULT_LANGUAGE" => LoginOption::DefaultLanguage(self.ident()?),
            "CHECK_POLICY" => LoginOption::CheckPolicy(self.on_off()?),
            _ => LoginOption::CheckExpiration(self.on_off()?),
        })
    }

    fn bytes(&mut self) -> Parsed<Vec<u8>> {
        if self.peek().kind != TokenKind::Binary {
            return self.unexpected();
        }
        let token = self.advance();
        Ok(binary_value(self.raw(token)))
    }

    fn password(&mut self) -> Parsed<LoginOption> {
        if self.peek().kind == TokenKind::Binary {
            let hash = self.bytes()?;
            self.expect("HASHED")?;
            return Ok(LoginOption::HashedPassword(hash));
        }
        let password = Secret(self.string()?);
        if self.is("HASHED") {
            return self.unexpected();
        }
        let (mut must_change, mut unlock) = (false, false);
        loop {
            if self.take("MUST_CHANGE") {
                must_change = true;
            } else if self.take("UNLOCK") {
                unlock = true;
            } else {
                return Ok(LoginOption::Password { password, must_change, unlock });
            }
        }
    }

    pub(super) fn create_user(&mut self) -> Parsed<StatementKind> {
        let name = self.ident()?;
        let mut user = plain_user(name);
        if self.take_any(&["FOR", "FROM"]) {
            if !self.is("LOGIN") {
                return self.unsupported_here();
            }
            self.advance();
            user.login = Some(self.ident()?);
        } else {
            user.without_login = self.take_all(&["WITHOUT", "LOGIN"]);
        }
        self.user_options(&mut user)?;
        Ok(StatementKind::CreateUser(Box::new(user)))
    }

    pub(super) fn alter_user(&mut self) -> Parsed<StatementKind> {
        let name = self.ident()?;
        let mut user = plain_user(name);
        if !self.is("WITH") {
            return self.unexpected();
        }
        self.user_options(&mut user)?;
        Ok(StatementKind::AlterUser(Box::new(user)))
    }

    fn user_options(&mut self, user: &mut CreateUser) -> Parsed<()> {
        if !self.take("WITH") {
            return Ok(());
        }
        self.list(|parser| {
            let option = ["DEFAULT_SCHEMA", "LOGIN", "NAME"].into_iter().find(|n| parser.take(n));
            let Some(option) = option else { return parser.unsupported_here() };
            parser.expect_symbol(Symbol::Equal)?;
            let value = Some(parser.ident()?);
            match option {
                "DEFAULT_SCHEMA" => user.default_schema = value,
                "LOGIN" => user.login = value,
                _ => user.new_name = value,
            }
            Ok(())
        })?;
        Ok(())
    }

    pub(super) fn create_role(&mut self) -> Parsed<StatementKind> {
        let server = self.take("SERVER");
        self.expect("ROLE")?;
        let name = self.ident()?;
        let owner = if self.take("AUTHORIZATION") { Some(self.ident()?) } else { None };
        Ok(StatementKind::CreateRole { server, name, owner })
    }

    pub(super) fn alter_role(&mut self) -> Parsed<StatementKind> {
        let server = self.take("SERVER");
        self.expect("ROLE")?;
        let name = self.ident()?;
        let change = if self.take_all(&["ADD", "MEMBER"]) {
            RoleChange::AddMember(self.ident()?)
        } else if self.take_all(&["DROP", "MEMBER"]) {
            RoleChange::DropMember(self.ident()?)
        } else {
            self.expect_all(&["WITH", "NAME"])?;
            self.expect_symbol(Symbol::Equal)?;
            RoleChange::Rename(self.ident()?)
        };
        Ok(StatementKind::AlterRole { server, name, change })
    }

    pub(super) fn permission(&mut self, word: &str) -> Parsed<StatementKind> {
        let start = self.here();
        self.advance();
        let verb = match word {
            "GRANT" => PermissionVerb::Grant,
            "DENY" => PermissionVerb::Deny,
            _ => PermissionVerb::Revoke,
        };
        let revokes = verb == PermissionVerb::Revoke;
        let grant_option_for = revokes && self.take_all(&["GRANT", "OPTION", "FOR"]);
        let permissions = self.list(Self::permission_name)?;
        let on = if self.take("ON") { Some(self.securable()?) } else { None };
        if !(self.take("TO") || (revokes && self.take("FROM"))) {
            return self.unexpected();
        }
        let principals = self.list(Self::principal)?;
        let grants = verb == PermissionVerb::Grant;
        let with_grant_option = grants && self.take_all(&["WITH", "GRANT", "OPTION"]);
        let cascade = !grants && self.take("CASCADE");
        let grantor = if self.take("AS") { Some(self.ident()?) } else { None };
        let change = PermissionChange {
            verb,
            grant_option_for,
            permissions,
            on,
            principals,
            with_grant_option,
            cascade,
            grantor,
            place: self.since(start),
        };
        Ok(StatementKind::Permission(Box::new(change)))
    }

    /// Words up to a comma, `ON` or `TO`. Most are reserved: `SELECT`, `EXECUTE`, `ALTER ANY ROLE`.
    fn permission_name(&mut self) -> Parsed<Permission> {
        let mut words = Vec::new();
        while self.peek().kind == TokenKind::Word
            && !["ON", "TO", "FROM"].iter().any(|word| self.is(word))
        {
            words.push(self.any_word().value.to_ascii_uppercase());
        }
        if words.is_empty() {
            return self.unexpected();
        }
        if words.len() == 1 && words.first().is_some_and(|word| word == "EXEC") {
            words = vec!["EXECUTE".to_owned()];
        }
        Ok(Permission { name: words.join(" "), columns: self.optional_idents()? })
    }

    /// `class::name` or a name. A class may have two words: `SERVER ROLE::name`.
    fn securable(&mut self) -> Parsed<Securable> {
        let words = (1..=4).find(|&count| self.is_symbol_at(count, Symbol::DoubleColon));
        let all = |count: &usize| (0..*count).all(|i| self.peek_at(i).kind == TokenKind::Word);
        let Some(count) = words.filter(all) else {
            return Ok(Securable { class: None, name: self.object_name()? });
        };
        let class: Vec<String> =
            (0..count).map(|_| self.any_word().value.to_ascii_uppercase()).collect();
        self.expect_symbol(Symbol::DoubleColon)?;
        Ok(Securable { class: Some(class.join(" ")), name: self.object_name()? })
    }

    /// A name, or `PUBLIC`, which is reserved.
    fn principal(&mut self) -> Parsed<Ident> {
        if self.is("PUBLIC") && is_reserved("PUBLIC") {
            return Ok(self.any_word());
        }
        self.ident()
    }
}

fn plain_user(name: Ident) -> CreateUser {
    CreateUser { name, login: None, without_login: false, default_schema: None, new_name: None }
}
