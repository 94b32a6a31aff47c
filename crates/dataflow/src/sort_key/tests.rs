use std::sync::Arc;

use arrow_array::ArrayRef;
use expression::array::{field, from_values};
use model::{DataType, Value};

use super::*;

fn key(value: Value, data_type: DataType, flags: i32) -> Vec<u8> {
    let array: ArrayRef = from_values(&[value], data_type).unwrap();
    let schema = arrow_schema::Schema::new(vec![field("x", &data_type, true)]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
    let column = KeyColumn { position: 0, data_type, descending: false, flags };
    Keys::of(&batch, &[column]).row(0).to_vec()
}

fn text(text: &str, flags: i32) -> Vec<u8> {
    key(Value::text(text), DataType::WStr { length: 50 }, flags)
}

#[test]
fn letters_decide_before_accents_and_accents_before_case() {
    let mut words =
        ["Zebra", "élan", "Elan", "elan", "co-op", "coop", "coat", "zebra", "10", "_x", ""];
    words.sort_by_key(|word| text(word, 0));
    assert_eq!(
        words,
        ["", "_x", "10", "coat", "coop", "co-op", "elan", "Elan", "élan", "zebra", "Zebra"]
    );
}

#[test]
fn flags_leave_differences_out() {
    assert_ne!(text("Straße", 0), text("strasse", 0));
    assert_eq!(text("ABC", IGNORE_CASE), text("abc", IGNORE_CASE));
    assert_ne!(text("äbc", IGNORE_CASE), text("abc", IGNORE_CASE));
    assert_eq!(
        text("Äbc", IGNORE_CASE | IGNORE_NON_SPACE),
        text("abc", IGNORE_CASE | IGNORE_NON_SPACE)
    );
    assert_eq!(text("a-b!", IGNORE_SYMBOLS), text("ab", IGNORE_SYMBOLS));
    assert_eq!(unsupported_flags(0x2_0001), Some("Ignore character width"));
}

#[test]
fn numbers_compare_as_numbers_and_null_comes_first() {
    let ordered = [i64::MIN, -2, -1, 0, 1, 300, i64::MAX];
    let keys: Vec<_> = ordered.iter().map(|&n| key(Value::I8(n), DataType::I8, 0)).collect();
    assert!(keys.is_sorted());
    assert!(key(Value::Null, DataType::I8, 0) < keys[0]);
    let ordered = [f64::NEG_INFINITY, -1.5, -0.0, 0.25, 3.0, f64::INFINITY];
    let keys: Vec<_> = ordered.iter().map(|&n| key(Value::R8(n), DataType::R8, 0)).collect();
    assert!(keys.is_sorted());
    assert_eq!(key(Value::R8(0.0), DataType::R8, 0), key(Value::R8(-0.0), DataType::R8, 0));
}

#[test]
fn bytes_of_any_length_keep_their_order() {
    let data_type = DataType::Bytes { length: 10 };
    let key = |bytes: &[u8]| key(Value::Bytes(bytes.into()), data_type, 0);
    assert!(key(&[]) < key(&[0]) && key(&[0]) < key(&[0, 0]) && key(&[0, 0]) < key(&[0, 1]));
    assert!(key(&[0, 255]) < key(&[1]));
}
