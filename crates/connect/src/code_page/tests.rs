//! What code pages make of bytes and text.

use proptest::prelude::*;

use super::*;

fn page(number: u32) -> CodePage {
    CodePage::new(number).unwrap()
}

fn encode(number: u32, text: &str) -> Result<Vec<u8>, NoMatch> {
    let mut out = Vec::new();
    page(number).encode(text, &mut out).map(|()| out)
}

#[test]
fn the_same_byte_is_another_letter_in_another_code_page() {
    let decode = |number| page(number).decode(&[0x41, 0x80, 0xE9]);
    assert_eq!(decode(1252), "A€é");
    assert_eq!(decode(437), "AÇΘ");
    assert_eq!(decode(850), "AÇÚ");
    assert_eq!(decode(1251), "AЂй");
    assert_eq!(decode(28591), "A\u{80}é");
    assert_eq!(decode(20127), "A\u{FFFD}\u{FFFD}");
    assert_eq!(page(1200).decode(&[0x41, 0, 0xAC, 0x20]), "A€");
}

#[test]
fn a_character_without_a_match_is_named() {
    assert_eq!(encode(1252, "€"), Ok(vec![0x80]));
    assert_eq!(encode(850, "é"), Ok(vec![0x82]));
    assert_eq!(encode(1200, "é"), Ok(vec![0xE9, 0]));
    let error = encode(1252, "Łódź").unwrap_err();
    assert_eq!(error.to_string(), "character `Ł` has no match in code page 1252");
    assert_eq!(encode(437, "€").unwrap_err().character, '€');
    assert_eq!(encode(20127, "é").unwrap_err().character, 'é');
}

#[test]
fn an_unknown_code_page_is_named() {
    assert_eq!(CodePage::new(37).unwrap_err().to_string(), "code page 37 is not supported");
    assert_eq!(CodePage::new(0), Ok(CodePage::WINDOWS_1252));
}

#[test]
fn widths_count_what_the_file_stores() {
    assert_eq!(page(1252).width("é€a"), 3);
    assert_eq!(page(65001).width("é€a"), 6);
    assert_eq!(page(1200).width("😀a"), 3);
    assert_eq!(page(932).width("aｱ日"), 4);
    assert_eq!(page(1252).prefix("éé", 1), 2);
    assert_eq!(page(65001).prefix("éé", 3), 2);
    assert_eq!(page(932).prefix("日本", 3), 3);
    assert_eq!(page(1252).take("éa", 3), None);
}

const ALL: &[u32] = &[
    437, 850, 852, 858, 866, 874, 932, 936, 949, 950, 1200, 1250, 1251, 1252, 1253, 1254, 1255,
    1256, 1257, 1258, 10000, 20127, 20866, 21866, 28591, 28592, 28594, 28595, 28597, 28603, 28605,
    54936, 65001,
];

#[test]
fn every_single_byte_comes_back_as_it_was() {
    for &number in ALL.iter().filter(|&&number| !matches!(number, 20127 | 1200 | 65001)) {
        for byte in 0..=0x7F_u8 {
            assert_eq!(encode(number, &page(number).decode(&[byte])), Ok(vec![byte]));
        }
    }
    for number in [437, 850, 852, 858, 1252, 28591] {
        let bytes: Vec<u8> = (0x80..=0xFF).collect();
        assert_eq!(encode(number, &page(number).decode(&bytes)), Ok(bytes));
    }
}

proptest! {
    #[test]
    fn where_a_stream_is_cut_makes_no_difference(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        cut in 0_usize..200,
        which in 0..ALL.len(),
    ) {
        let page = page(ALL[which]);
        let (head, tail) = bytes.split_at(cut.min(bytes.len()));
        let (mut decoder, mut text) = (page.decoder(), String::new());
        decoder.decode(head, false, &mut text);
        decoder.decode(tail, true, &mut text);
        prop_assert_eq!(text, page.decode(&bytes));
    }

    #[test]
    fn a_prefix_fits_and_is_whole(text in "\\PC{0,40}", width in 0_usize..50, which in 0..ALL.len()) {
        let page = page(ALL[which]);
        let end = page.prefix(&text, width);
        prop_assert!(text.is_char_boundary(end));
        prop_assert!(page.width(&text[..end]) <= width);
    }
}
