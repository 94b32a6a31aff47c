//! The callers that the table is tried as: roles, and what can be granted and denied.

use catalog::logins::{NewLogin, PasswordHash, create, grant_role};
use catalog::principals::{self, UserLogin};
use catalog::procedures::{PermissionRequest, deny_permission, grant_permission};
use catalog::{Caller, CatalogError, Tx};

/// The password of all of them.
pub(super) const PASSWORD: &str = "Correct horse 1";

/// What can be granted on each object of the scene.
const PERMISSIONS: &[(&str, &[(&str, i16)])] = &[
    (
        "folder",
        &[
            ("READ", 1),
            ("MODIFY", 2),
            ("MANAGE_PERMISSIONS", 4),
            ("CREATE_OBJECTS", 100),
            ("READ_OBJECTS", 101),
            ("MODIFY_OBJECTS", 102),
            ("EXECUTE_OBJECTS", 103),
            ("MANAGE_OBJECT_PERMISSIONS", 104),
        ],
    ),
    ("archive", &[("READ", 1), ("MODIFY", 2), ("MANAGE_PERMISSIONS", 4), ("CREATE_OBJECTS", 100)]),
    ("project", &[("READ", 1), ("MODIFY", 2), ("EXECUTE", 3), ("MANAGE_PERMISSIONS", 4)]),
    ("environment", &[("READ", 1), ("MODIFY", 2), ("MANAGE_PERMISSIONS", 4)]),
    ("operation", &[("READ", 1), ("MODIFY", 2), ("MANAGE_PERMISSIONS", 4)]),
];

/// What a folder gives on the objects in it.
const INHERITED: &[(&str, &str)] = &[
    ("READ", "folder:READ_OBJECTS"),
    ("MODIFY", "folder:MODIFY_OBJECTS"),
    ("EXECUTE", "folder:EXECUTE_OBJECTS"),
    ("MANAGE_PERMISSIONS", "folder:MANAGE_OBJECT_PERMISSIONS"),
];

/// Whoever sees what is in a folder knows the folder's name.
const IN_FOLDERS: &[&str] = &["project:READ", "environment:READ", "operation:READ"];

/// How somebody comes to its permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Granted to the user.
    User,
    /// Granted to a role that it is in.
    Role,
    /// Granted to a role that a role is in that it is in.
    RoleInRole,
    /// It made the objects itself.
    Owner,
    /// Granted on the objects of another folder.
    Elsewhere,
    /// A login that is no user of the database.
    NoUser,
}

/// Somebody.
#[derive(Clone)]
pub(super) struct Subject {
    /// What makes it special.
    pub(super) name: String,
    /// Its login.
    pub(super) login: String,
    /// The roles that it is in.
    pub(super) roles: Vec<&'static str>,
    pub(super) way: Way,
    /// `object:PERMISSION`.
    pub(super) granted: Vec<String>,
    /// Denied to the user itself.
    pub(super) denied: Vec<String>,
}

impl Subject {
    fn new(name: impl Into<String>, roles: &[&'static str], way: Way) -> Self {
        let (name, roles) = (name.into(), roles.to_vec());
        Self { name, login: String::new(), roles, way, granted: Vec::new(), denied: Vec::new() }
    }

    fn granted(self, granted: Vec<String>) -> Self {
        Self { granted, ..self }
    }

    fn denied(self, denied: &str) -> Self {
        Self { denied: vec![denied.to_owned()], ..self }
    }

    /// Whether it has what a rule asks for: the rule of permissions once more, written apart from
    /// the program's.
    pub(super) fn has(&self, need: &str) -> bool {
        if need == "manager" {
            return self.granted.iter().any(|one| one.contains(":MANAGE"));
        }
        if !need.contains(':') {
            return self.roles.contains(&need);
        }
        let granted = |list: &[String]| {
            ways_to(need).iter().any(|way| list.iter().any(|permission| permission == way))
        };
        self.way != Way::Elsewhere && granted(&self.granted) && !granted(&self.denied)
    }

    /// Whether it may know that an object exists.
    pub(super) fn sees(&self, class: &str) -> bool {
        let by_role = |roles: &[&str]| roles.iter().any(|role| self.roles.contains(role));
        by_role(&["ssis_admin", "sysadmin"])
            || (matches!(class, "project" | "operation") && by_role(&["ssis_logreader"]))
            || self.has(&format!("{class}:READ"))
            || (class == "folder" && IN_FOLDERS.iter().any(|inside| self.has(inside)))
    }
}

/// The permission itself, and the folder's that gives it.
fn ways_to(need: &str) -> Vec<String> {
    let mut ways = vec![need.to_owned()];
    let (object, permission) = need.split_once(':').unwrap();
    if matches!(object, "project" | "environment") {
        let inherited = INHERITED.iter().find(|(own, _)| *own == permission);
        ways.extend(inherited.map(|(_, of_folder)| (*of_folder).to_owned()));
    }
    ways
}

/// Every permission on every object: those on the objects themselves, or with those of the
/// folder that objects in it inherit.
fn everything(inherited_too: bool) -> Vec<String> {
    let mut all = Vec::new();
    for (object, permissions) in PERMISSIONS {
        all.extend(permissions.iter().map(|(name, _)| format!("{object}:{name}")));
    }
    all.retain(|one| inherited_too || !INHERITED.iter().any(|(_, of_folder)| of_folder == one));
    all
}

/// All of them.
pub(super) fn subjects() -> Vec<Subject> {
    let mut all = by_role();
    let executor = &["ssis_cluster_executor"];
    for one in everything(true) {
        let only = Subject::new(format!("only {one}"), executor, Way::User);
        all.push(only.granted(vec![one.clone()]));
        let denied = Subject::new(format!("all, {one} denied"), executor, Way::User);
        all.push(denied.granted(everything(true)).denied(&one));
    }
    for one in everything(false) {
        let mut rest = everything(false);
        rest.retain(|other| *other != one);
        let missing = Subject::new(format!("all but {one}"), executor, Way::User);
        all.push(missing.granted(rest));
    }
    for way in [Way::User, Way::Role, Way::RoleInRole, Way::Elsewhere] {
        all.push(Subject::new(format!("all, {way:?}"), &[], way).granted(everything(true)));
    }
    let by_role = Subject::new("granted to its role, denied to itself", &[], Way::Role);
    all.push(by_role.granted(everything(true)).denied("project:READ"));
    let of_folder = INHERITED.iter().map(|(_, of_folder)| (*of_folder).to_owned()).collect();
    all.push(Subject::new("by the folder", executor, Way::User).granted(of_folder));
    let mut own = everything(false);
    own.retain(|one| !one.starts_with("folder:") && !one.starts_with("archive:"));
    all.push(Subject::new("owner", executor, Way::Owner).granted(own));
    for (number, subject) in all.iter_mut().enumerate() {
        subject.login = format!("subject{number}");
    }
    all
}

fn by_role() -> Vec<Subject> {
    const ROLES: &[&str] = &[
        "ssis_admin",
        "ssis_cluster_executor",
        "ssis_cluster_worker",
        "ssis_logreader",
        "db_owner",
        "securityadmin",
        "sysadmin",
    ];
    let mut all = vec![
        Subject::new("a user without roles", &[], Way::User),
        Subject::new("a login without a user", &[], Way::NoUser),
    ];
    all.extend(ROLES.iter().map(|role| Subject::new(*role, &[*role], Way::User)));
    all
}

/// Makes their logins, users and roles. All have one password, which is hashed once.
pub(super) fn make_logins(
    tx: &mut dyn Tx,
    all: &[Subject],
    password: &PasswordHash,
) -> Result<(), CatalogError> {
    all.iter().try_for_each(|subject| make_login(tx, subject, password))
}

fn make_login(
    tx: &mut dyn Tx,
    Subject { login: name, roles, way, .. }: &Subject,
    password: &PasswordHash,
) -> Result<(), CatalogError> {
    let admin = Caller::admin("ada");
    create(tx, &admin, &NewLogin { name, password, sid: None, default_database: None })?;
    if *way == Way::NoUser {
        return Ok(());
    }
    principals::create_user(tx, &admin, name, UserLogin::SameName)?;
    for role in roles {
        grant_role(tx, &admin, name, role)?;
    }
    if matches!(way, Way::Role | Way::RoleInRole) {
        let mut member = name.clone();
        let depth = if *way == Way::Role { 1 } else { 2 };
        for level in 0..depth {
            let role = format!("{name}_role{level}");
            principals::create_role(tx, &admin, &role)?;
            principals::add_role_member(tx, &admin, &role, &member)?;
            member = role;
        }
    }
    Ok(())
}

/// The user or role that a subject's permissions are granted to.
fn grantee(subject: &Subject) -> String {
    match subject.way {
        Way::Role => format!("{}_role0", subject.login),
        Way::RoleInRole => format!("{}_role1", subject.login),
        Way::User | Way::Owner | Way::Elsewhere | Way::NoUser => subject.login.clone(),
    }
}

/// Object type, object and permission; whether it is denied, and to whom.
pub(super) struct Entry {
    pub(super) to: String,
    pub(super) on: (i16, i64, i16),
    pub(super) is_deny: bool,
}

/// The entries of a subject; `objects` gives the type and the ids of what a rule calls an object.
pub(super) fn entries(subject: &Subject, objects: impl Fn(&str) -> (i16, Vec<i64>)) -> Vec<Entry> {
    let granted = subject.granted.iter().map(|one| (one, grantee(subject), false));
    let denied = subject.denied.iter().map(|one| (one, subject.login.clone(), true));
    let mut all = Vec::new();
    for (permission, to, is_deny) in granted.chain(denied) {
        let (object, name) = permission.split_once(':').unwrap();
        let list = PERMISSIONS.iter().find(|(known, _)| *known == object).unwrap().1;
        let number = list.iter().find(|(known, _)| *known == name).unwrap().1;
        let (kind, ids) = objects(object);
        let entry = |id: i64| Entry { to: to.clone(), on: (kind, id, number), is_deny };
        all.extend(ids.into_iter().map(entry));
    }
    all
}

/// Writes an entry.
pub(super) fn write(tx: &mut dyn Tx, entry: &Entry) -> Result<(), CatalogError> {
    let principal_id = principals::find(tx, &entry.to)?.unwrap().id;
    let (object_type, object_id, permission) = entry.on;
    let permission_type = Some(permission);
    let request = PermissionRequest { object_type, object_id, principal_id, permission_type };
    let change = if entry.is_deny { deny_permission } else { grant_permission };
    change(tx, &Caller::admin("ada"), &request).map(drop)
}
