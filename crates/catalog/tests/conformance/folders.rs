//! Folders.

use catalog::procedures::{create_folder, delete_folder, rename_folder, set_folder_description};
use catalog::{Caller, Roles, reads};

use crate::support::{Fixture, Recipe, admin};

pub(crate) async fn a_folder_is_made_renamed_described_and_deleted(at: Fixture) {
    let id = at.write(|tx| create_folder(tx, &admin(), "Sales")).await;
    at.write(|tx| {
        rename_folder(tx, &admin(), "SALES", "Verkauf")?;
        set_folder_description(tx, &admin(), "Verkauf", "what is sold")
    })
    .await;
    let folders = at.read(|tx| reads::folders(tx, &admin())).await;
    assert_eq!(folders.len(), 1);
    assert_eq!((folders[0].id, folders[0].name.as_str()), (id, "Verkauf"));
    assert_eq!(folders[0].description.as_deref(), Some("what is sold"));
    assert_eq!(folders[0].created_by, "ada");
    at.write(|tx| delete_folder(tx, &admin(), "verkauf")).await;
    assert!(at.read(|tx| reads::folders(tx, &admin())).await.is_empty());
}

pub(crate) async fn folder_names_follow_the_rules_and_ignore_case(at: Fixture) {
    at.write(|tx| create_folder(tx, &admin(), "Müller")).await;
    at.write(|tx| create_folder(tx, &admin(), "Other")).await;
    assert_eq!(at.refused(|tx| create_folder(tx, &admin(), "MÜLLER")).await.0, 27190);
    assert_eq!(at.refused(|tx| create_folder(tx, &admin(), "")).await.0, 27189);
    assert_eq!(at.refused(|tx| create_folder(tx, &admin(), "a|b")).await.0, 27199);
    assert_eq!(at.refused(|tx| rename_folder(tx, &admin(), "Other", "müller")).await.0, 27129);
    assert_eq!(at.refused(|tx| rename_folder(tx, &admin(), "None", "x")).await.0, 27104);
    assert_eq!(at.refused(|tx| delete_folder(tx, &admin(), "None")).await.0, 27104);
    at.write(|tx| rename_folder(tx, &admin(), "Other", "OTHER")).await;
}

pub(crate) async fn only_administrators_touch_folders(at: Fixture) {
    fn guest() -> Caller {
        Caller::new("gus", Roles::default())
    }
    at.write(|tx| create_folder(tx, &admin(), "Sales")).await;
    assert_eq!(at.refused(|tx| create_folder(tx, &guest(), "Mine")).await.0, 27188);
    assert_eq!(at.refused(|tx| delete_folder(tx, &guest(), "Sales")).await.0, 27188);
    let described = at.refused(|tx| set_folder_description(tx, &guest(), "Sales", "x")).await;
    assert_eq!(described.0, 27104, "what one may not see does not exist");
    assert!(at.read(|tx| reads::folders(tx, &guest())).await.is_empty());
}

pub(crate) async fn a_folder_with_a_project_is_not_deleted(at: Fixture) {
    at.deployed(&Recipe::default()).await;
    assert_eq!(at.refused(|tx| delete_folder(tx, &admin(), "Sales")).await.0, 27196);
}
