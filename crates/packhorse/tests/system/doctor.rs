//! `packhorse doctor`: each fault is caused for real, exactly that is found, what is printed is
//! done, and then there is nothing to find.

mod cluster;
mod files;
mod login;
mod packages;
mod ssisdb;
mod standing;
mod support;
mod way;

use crate::harness::Packhorse;

#[test]
fn every_code_has_its_page() {
    let packhorse = Packhorse::new();
    let page = packhorse.ok(&["help", "PH0321"]);
    assert!(page.out.starts_with("# PH0321: Nobody listens"), "{page:?}");
    assert_eq!(packhorse.run(&["help", "PH9999"]).code, 1);
    assert!(packhorse.ok(&["help", "workers"]).out.contains("Usage"));
}
