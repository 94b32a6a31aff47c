//! Names, precedence, conversions and result types against the documentation.

use super::*;

fn ty(text: &str) -> SqlType {
    let mut words = text.split(' ');
    let name = words.next().unwrap();
    let sizes: Vec<Option<u32>> = words.map(|size| size.parse().ok()).collect();
    type_named(name, &sizes, 30).unwrap()
}

#[test]
fn type_names_and_synonyms_are_known() {
    let cases = [
        ("INT", &[][..], "int"),
        ("integer", &[], "int"),
        ("dec", &[Some(9), Some(2)], "decimal(9,2)"),
        ("numeric", &[], "numeric(18,0)"),
        ("double precision", &[], "float"),
        ("float", &[Some(24)], "real"),
        ("float", &[Some(25)], "float"),
        ("character varying", &[Some(5)], "varchar(5)"),
        ("national  char varying", &[None], "nvarchar(max)"),
        ("varchar", &[], "varchar(30)"),
        ("sysname", &[], "nvarchar(128)"),
        ("datetime2", &[], "datetime2(7)"),
        ("time", &[Some(0)], "time(0)"),
        ("rowversion", &[], "timestamp"),
        ("binary varying", &[None], "varbinary(max)"),
    ];
    for (name, sizes, expected) in cases {
        assert_eq!(type_named(name, sizes, 30).unwrap().to_string(), expected, "{name}");
    }
}

#[test]
fn wrong_type_names_and_sizes_are_refused_with_their_numbers() {
    let number = |name, sizes: &[Option<u32>]| type_named(name, sizes, 30).unwrap_err().number;
    assert_eq!(number("strng", &[]), 243);
    assert_eq!(number("int", &[Some(4)]), 2716);
    assert_eq!(number("decimal", &[Some(39)]), 2750);
    assert_eq!(number("decimal", &[Some(5), Some(6)]), 192);
    assert_eq!(number("datetime2", &[Some(8)]), 1002);
    assert_eq!(number("varchar", &[Some(0)]), 1001);
    assert_eq!(number("varchar", &[Some(8001)]), 131);
    assert_eq!(number("nvarchar", &[Some(4001)]), 131);
    assert_eq!(number("geography", &[]), 40514);
}

/// The list of "Data type precedence", highest first.
#[test]
fn precedence_is_the_documented_list() {
    let list = [
        "sql_variant",
        "xml",
        "datetimeoffset",
        "datetime2",
        "datetime",
        "smalldatetime",
        "date",
        "time",
        "float",
        "real",
        "decimal",
        "money",
        "smallmoney",
        "bigint",
        "int",
        "smallint",
        "tinyint",
        "bit",
        "ntext",
        "text",
        "image",
        "timestamp",
        "uniqueidentifier",
        "nvarchar",
        "nchar",
        "varchar",
        "char",
        "varbinary",
        "binary",
    ];
    let kinds: Vec<Kind> = list.iter().map(|name| ty(name).kind()).collect();
    assert!(kinds.windows(2).all(|pair| pair[1] < pair[0]));
}

#[test]
fn conversions_follow_the_chart() {
    let of = |from, to| conversion(&ty(from), &ty(to));
    for (from, to, expected) in [
        ("varchar", "int", Conversion::Implicit),
        ("varchar", "varbinary", Conversion::Explicit),
        ("nvarchar", "image", Conversion::Never),
        ("int", "varchar", Conversion::Implicit),
        ("int", "datetime", Conversion::Implicit),
        ("int", "date", Conversion::Never),
        ("int", "uniqueidentifier", Conversion::Never),
        ("int", "xml", Conversion::Never),
        ("datetime", "int", Conversion::Explicit),
        ("datetime", "datetime2", Conversion::Implicit),
        ("date", "time", Conversion::Never),
        ("date", "datetime", Conversion::Implicit),
        ("datetime2", "int", Conversion::Never),
        ("varbinary", "int", Conversion::Implicit),
        ("varbinary", "float", Conversion::Never),
        ("uniqueidentifier", "varchar", Conversion::Implicit),
        ("uniqueidentifier", "int", Conversion::Never),
        ("sql_variant", "int", Conversion::Explicit),
        ("int", "sql_variant", Conversion::Implicit),
        ("nvarchar max", "sql_variant", Conversion::Never),
        ("sql_variant", "nvarchar max", Conversion::Explicit),
        ("xml", "nvarchar", Conversion::Explicit),
        ("xml", "sql_variant", Conversion::Never),
        ("text", "varchar", Conversion::Implicit),
        ("text", "int", Conversion::Never),
        ("bit", "money", Conversion::Implicit),
    ] {
        assert_eq!(of(from, to), expected, "{from} to {to}");
    }
    let implicit = |from, to| check_implicit(&ty(from), &ty(to)).unwrap_err();
    assert_eq!(
        implicit("sql_variant", "int").message,
        "Implicit conversion from data type sql_variant to int is not allowed. \
         Use the CONVERT function to run this query."
    );
    assert_eq!(implicit("sql_variant", "int").number, 257);
    assert_eq!(implicit("int", "date").number, 206);
    assert_eq!(check_explicit(&ty("int"), &ty("date")).unwrap_err().number, 529);
}

/// The table and the examples of "Precision, scale, and length".
#[test]
fn decimals_get_the_documented_precision_and_scale() {
    use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
    for (left, op, right, expected) in [
        ("decimal 5 2", Add, "decimal 8 4", "decimal(9,4)"),
        ("decimal 5 2", Subtract, "decimal 8 4", "decimal(9,4)"),
        ("decimal 5 2", Multiply, "decimal 8 4", "decimal(14,6)"),
        ("decimal 5 2", Divide, "decimal 8 4", "decimal(18,11)"),
        ("decimal 5 2", Modulo, "decimal 8 4", "decimal(7,4)"),
        ("decimal 38 6", Multiply, "decimal 38 6", "decimal(38,6)"),
        ("decimal 38 10", Divide, "decimal 38 10", "decimal(38,6)"),
        ("decimal 38 10", Add, "decimal 38 2", "decimal(38,2)"),
        ("decimal 30 20", Multiply, "decimal 30 20", "decimal(38,17)"),
        ("decimal 30 10", Multiply, "decimal 30 10", "decimal(38,6)"),
        ("decimal 20 8", Multiply, "decimal 20 8", "decimal(38,13)"),
        ("decimal 5 2", Add, "int", "decimal(13,2)"),
        ("decimal 5 2", Multiply, "tinyint", "decimal(9,2)"),
        ("numeric 5 2", Add, "money", "numeric(20,4)"),
        ("decimal 5 2", Add, "float", "float"),
        ("int", Add, "bigint", "bigint"),
        ("money", Multiply, "int", "money"),
    ] {
        let result = arithmetic_type(op, &ty(left), &ty(right)).unwrap();
        assert_eq!(result.to_string(), expected, "{left} {op:?} {right}");
    }
}

#[test]
fn strings_add_up_their_lengths() {
    let sum = |left, right| {
        arithmetic_type(ArithmeticOp::Add, &ty(left), &ty(right)).map(|ty| ty.to_string())
    };
    assert_eq!(sum("varchar 10", "varchar 5"), Ok("varchar(15)".to_owned()));
    assert_eq!(sum("varchar 10", "nvarchar 5"), Ok("nvarchar(15)".to_owned()));
    assert_eq!(sum("varchar 8000", "varchar 5"), Ok("varchar(8000)".to_owned()));
    assert_eq!(sum("nvarchar 4000", "varchar 5"), Ok("nvarchar(4000)".to_owned()));
    assert_eq!(sum("varchar max", "nvarchar 5"), Ok("nvarchar(max)".to_owned()));
    assert_eq!(sum("varbinary 3", "binary 2"), Ok("varbinary(5)".to_owned()));
    assert_eq!(sum("varchar 3", "varbinary 2").unwrap_err().number, 402);
}

#[test]
fn branches_meet_in_their_common_type() {
    let common = |left, right| common_type(&ty(left), &ty(right)).map(|ty| ty.to_string());
    assert_eq!(common("int", "varchar 5"), Ok("int".to_owned()));
    assert_eq!(common("varchar 10", "nvarchar 5"), Ok("nvarchar(10)".to_owned()));
    assert_eq!(common("char 3", "char 5"), Ok("char(5)".to_owned()));
    assert_eq!(common("decimal 9 2", "decimal 5 4"), Ok("decimal(11,4)".to_owned()));
    assert_eq!(common("decimal 9 2", "int"), Ok("decimal(12,2)".to_owned()));
    assert_eq!(common("datetime2 3", "datetime2 7"), Ok("datetime2(7)".to_owned()));
    assert_eq!(common("date", "datetime"), Ok("datetime".to_owned()));
    assert_eq!(common("int", "date").unwrap_err().number, 206);
    assert_eq!(common("sql_variant", "int"), Ok("sql_variant".to_owned()));
    let branches = [None, Some(ty("varchar 3")), None, Some(ty("nvarchar 2"))];
    assert_eq!(common_type_of(&branches), Ok(Some(ty("nvarchar 3"))));
    assert_eq!(common_type_of(&[None, None]), Ok(None));
    let text = comparison_type(&ty("text"), &ty("varchar"), "equal to");
    assert_eq!(text.unwrap_err().number, 402);
    let time = comparison_type(&ty("time"), &ty("datetime"), "equal to");
    assert_eq!(time.unwrap_err().number, 402);
    let variant = arithmetic_type(ArithmeticOp::Add, &ty("sql_variant"), &ty("int"));
    assert_eq!(variant.unwrap_err().number, 257);
}
