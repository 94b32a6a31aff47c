//! What a locale changes in conversions: separators, currency sign, order of a date.
//!
//! SSIS names a locale by its Windows number (LCID). The list holds the locales that packages
//! commonly carry; separators and short date patterns are the Windows defaults of each. A number
//! that is not in the list is refused by the caller, not guessed.

/// In which order a short date names day, month and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// Month, day, year.
    MonthFirst,
    /// Day, month, year.
    DayFirst,
    /// Year, month, day.
    YearFirst,
}

/// How numbers, money and dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locale {
    /// The Windows locale number.
    pub lcid: u32,
    /// Between the whole part and the fraction.
    pub decimal: char,
    /// Between groups of digits.
    pub group: char,
    /// In front of or behind an amount of money.
    pub currency: &'static str,
    /// The order of a short date.
    pub date_order: DateOrder,
    /// Between the parts of a short date.
    pub date_separator: char,
    /// Whether times are written with AM and PM.
    pub twelve_hours: bool,
    /// Whether day and month of a short date have two digits always.
    pub padded_dates: bool,
}

const fn locale(lcid: u32, numbers: (char, char, &'static str), date: (DateOrder, char)) -> Locale {
    Locale {
        lcid,
        decimal: numbers.0,
        group: numbers.1,
        currency: numbers.2,
        date_order: date.0,
        date_separator: date.1,
        twelve_hours: false,
        padded_dates: true,
    }
}

use DateOrder::{DayFirst, MonthFirst, YearFirst};

/// No-break space, the group separator of several locales.
const NBSP: char = '\u{A0}';

const LOCALES: &[Locale] = &[
    Locale {
        twelve_hours: true,
        padded_dates: false,
        ..locale(1033, ('.', ',', "$"), (MonthFirst, '/'))
    },
    locale(127, ('.', ',', "¤"), (MonthFirst, '/')),
    locale(2057, ('.', ',', "£"), (DayFirst, '/')),
    Locale { twelve_hours: true, ..locale(3081, ('.', ',', "$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(4105, ('.', ',', "$"), (YearFirst, '-')) },
    locale(6153, ('.', ',', "€"), (DayFirst, '/')),
    Locale { twelve_hours: true, ..locale(5129, ('.', ',', "$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(7177, (',', NBSP, "R"), (YearFirst, '/')) },
    Locale { twelve_hours: true, ..locale(16393, ('.', ',', "₹"), (DayFirst, '-')) },
    locale(1031, (',', '.', "€"), (DayFirst, '.')),
    locale(2055, ('.', '’', "CHF"), (DayFirst, '.')),
    locale(3079, (',', NBSP, "€"), (DayFirst, '.')),
    locale(1036, (',', '\u{202F}', "€"), (DayFirst, '/')),
    locale(2060, (',', '\u{202F}', "€"), (DayFirst, '-')),
    locale(3084, (',', NBSP, "$"), (YearFirst, '-')),
    locale(4108, (',', '\u{202F}', "CHF"), (DayFirst, '.')),
    locale(1034, (',', '.', "€"), (DayFirst, '/')),
    locale(3082, (',', '.', "€"), (DayFirst, '/')),
    Locale { twelve_hours: true, ..locale(2058, ('.', ',', "$"), (DayFirst, '/')) },
    locale(11274, (',', '.', "$"), (DayFirst, '/')),
    locale(1040, (',', '.', "€"), (DayFirst, '/')),
    locale(1043, (',', '.', "€"), (DayFirst, '-')),
    locale(2067, (',', '.', "€"), (DayFirst, '/')),
    locale(1046, (',', '.', "R$"), (DayFirst, '/')),
    locale(2070, (',', NBSP, "€"), (DayFirst, '/')),
    locale(1027, (',', '.', "€"), (DayFirst, '/')),
    locale(1069, (',', '.', "€"), (YearFirst, '/')),
    locale(1110, (',', '.', "€"), (DayFirst, '/')),
    locale(2064, ('.', '’', "CHF"), (DayFirst, '.')),
    locale(5127, ('.', '’', "CHF"), (DayFirst, '.')),
    locale(4103, (',', '.', "€"), (DayFirst, '.')),
    locale(5132, (',', '\u{202F}', "€"), (DayFirst, '/')),
    locale(6156, (',', '\u{202F}', "€"), (DayFirst, '/')),
    locale(1039, (',', '.', "kr."), (DayFirst, '.')),
    locale(2068, (',', NBSP, "kr"), (DayFirst, '.')),
    locale(2077, (',', NBSP, "€"), (DayFirst, '-')),
    locale(1082, ('.', ',', "€"), (DayFirst, '/')),
    locale(1106, ('.', ',', "£"), (DayFirst, '/')),
    locale(2108, ('.', ',', "€"), (DayFirst, '/')),
    locale(1030, (',', '.', "kr."), (DayFirst, '-')),
    locale(1035, (',', NBSP, "€"), (DayFirst, '.')),
    locale(1044, (',', NBSP, "kr"), (DayFirst, '.')),
    locale(1053, (',', NBSP, "kr"), (YearFirst, '-')),
    locale(1045, (',', NBSP, "zł"), (DayFirst, '.')),
    locale(1029, (',', NBSP, "Kč"), (DayFirst, '.')),
    locale(1051, (',', NBSP, "€"), (DayFirst, '.')),
    locale(1038, (',', NBSP, "Ft"), (YearFirst, '.')),
    locale(1048, (',', '.', "RON"), (DayFirst, '.')),
    locale(1026, (',', NBSP, "лв."), (DayFirst, '.')),
    locale(1050, (',', '.', "€"), (DayFirst, '.')),
    locale(1052, (',', NBSP, "Lekë"), (DayFirst, '.')),
    locale(1060, (',', '.', "€"), (DayFirst, '.')),
    locale(1061, (',', NBSP, "€"), (DayFirst, '.')),
    locale(1062, (',', NBSP, "€"), (DayFirst, '.')),
    locale(1063, (',', NBSP, "€"), (YearFirst, '-')),
    locale(1071, (',', '.', "ден."), (DayFirst, '.')),
    locale(2074, (',', '.', "RSD"), (DayFirst, '.')),
    locale(3098, (',', '.', "RSD"), (DayFirst, '.')),
    locale(9242, (',', '.', "RSD"), (DayFirst, '.')),
    locale(10266, (',', '.', "RSD"), (DayFirst, '.')),
    locale(4122, (',', '.', "KM"), (DayFirst, '.')),
    locale(5146, (',', '.', "KM"), (DayFirst, '.')),
    locale(1059, (',', NBSP, "Br"), (DayFirst, '.')),
    locale(1049, (',', NBSP, "₽"), (DayFirst, '.')),
    locale(1058, (',', NBSP, "₴"), (DayFirst, '.')),
    locale(1055, (',', '.', "₺"), (DayFirst, '.')),
    locale(1032, (',', '.', "€"), (DayFirst, '/')),
    locale(1037, ('.', ',', "₪"), (DayFirst, '/')),
    locale(1041, ('.', ',', "¥"), (YearFirst, '/')),
    locale(1042, ('.', ',', "₩"), (YearFirst, '-')),
    locale(2052, ('.', ',', "¥"), (YearFirst, '/')),
    locale(1028, ('.', ',', "NT$"), (YearFirst, '/')),
    Locale { twelve_hours: true, ..locale(4106, ('.', ',', "Q"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(5130, (',', NBSP, "₡"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(6154, ('.', ',', "B/."), (MonthFirst, '/')) },
    Locale { twelve_hours: true, ..locale(7178, ('.', ',', "RD$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(8202, (',', '.', "Bs"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(9226, (',', '.', "$"), (DayFirst, '/')) },
    locale(10250, ('.', ',', "S/"), (DayFirst, '/')),
    locale(12298, (',', '.', "$"), (DayFirst, '/')),
    locale(13322, (',', '.', "$"), (DayFirst, '-')),
    locale(14346, (',', '.', "$"), (DayFirst, '/')),
    locale(15370, (',', '.', "₲"), (DayFirst, '/')),
    locale(16394, (',', '.', "Bs"), (DayFirst, '/')),
    Locale { twelve_hours: true, ..locale(17418, ('.', ',', "$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(18442, ('.', ',', "L"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(19466, ('.', ',', "C$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(20490, ('.', ',', "$"), (MonthFirst, '/')) },
    Locale { twelve_hours: true, ..locale(21514, ('.', ',', "$"), (MonthFirst, '/')) },
    Locale { twelve_hours: true, ..locale(22538, ('.', ',', "XDR"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(8201, ('.', ',', "$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(9225, ('.', ',', "$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(10249, ('.', ',', "$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(11273, ('.', ',', "$"), (DayFirst, '/')) },
    locale(12297, ('.', ',', "US$"), (DayFirst, '/')),
    Locale { twelve_hours: true, ..locale(13321, ('.', ',', "₱"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(15369, ('.', ',', "HK$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(17417, ('.', ',', "RM"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(18441, ('.', ',', "$"), (DayFirst, '/')) },
    locale(3076, ('.', ',', "HK$"), (DayFirst, '/')),
    Locale { twelve_hours: true, ..locale(4100, ('.', ',', "$"), (DayFirst, '/')) },
    locale(5124, ('.', ',', "MOP$"), (DayFirst, '/')),
    locale(1057, (',', '.', "Rp"), (DayFirst, '/')),
    Locale { twelve_hours: true, ..locale(1066, (',', '.', "₫"), (DayFirst, '/')) },
    locale(1081, ('.', ',', "₹"), (DayFirst, '-')),
    Locale { twelve_hours: true, ..locale(1086, ('.', ',', "RM"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(2110, (',', '.', "$"), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(1124, ('.', ',', "₱"), (MonthFirst, '/')) },
    locale(1087, (',', NBSP, "₸"), (DayFirst, '.')),
    locale(1079, (',', NBSP, "₾"), (DayFirst, '.')),
    locale(1067, (',', NBSP, "֏"), (DayFirst, '.')),
    locale(1068, (',', '.', "₼"), (DayFirst, '.')),
    locale(2092, (',', '.', "₼"), (DayFirst, '.')),
    locale(1091, (',', NBSP, "soʻm"), (DayFirst, '/')),
    locale(1088, (',', NBSP, "сом"), (DayFirst, '.')),
    locale(1064, (',', NBSP, "сом."), (DayFirst, '.')),
    locale(1089, ('.', ',', "Ksh"), (DayFirst, '/')),
    locale(1078, (',', NBSP, "R"), (YearFirst, '-')),
    locale(2117, ('.', ',', "৳"), (DayFirst, '-')),
    locale(1134, (',', '.', "€"), (DayFirst, '.')),
    Locale { twelve_hours: true, ..locale(3073, ('.', ',', "ج.م."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(14337, ('.', ',', "د.إ."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(11265, ('.', ',', "د.أ."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(12289, ('.', ',', "ل.ل."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(13313, ('.', ',', "د.ك."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(15361, ('.', ',', "د.ب."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(16385, ('.', ',', "ر.ق."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(8193, ('.', ',', "ر.ع."), (DayFirst, '/')) },
    Locale { twelve_hours: true, ..locale(2049, ('.', ',', "د.ع."), (DayFirst, '/')) },
    locale(6145, (',', '.', "د.م."), (DayFirst, '-')),
    locale(7169, (',', '.', "د.ت."), (DayFirst, '-')),
    locale(5121, (',', '.', "د.ج."), (DayFirst, '-')),
];

/// Numbers that stand for "the locale of this user or machine" (0, 1024, 2048, 3072) or for one
/// that Windows has given no number of its own (4096, 5120). Here that is US English.
const UNSPECIFIED: &[u32] = &[0, 1024, 2048, 3072, 4096, 5120];

impl Locale {
    /// English (United States), 1033: what a package has when it says nothing.
    pub const US_ENGLISH: Self = LOCALES[0];

    /// The locale with this Windows number. Numbers that name no locale of their own (0 among them)
    /// are US English; `None` for one that is not known.
    pub fn from_lcid(lcid: u32) -> Option<Self> {
        if UNSPECIFIED.contains(&lcid) {
            return Some(Self::US_ENGLISH);
        }
        LOCALES.iter().find(|locale| locale.lcid == lcid).copied()
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self::US_ENGLISH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_locale_is_listed_twice() {
        let mut numbers: Vec<_> = LOCALES.iter().map(|locale| locale.lcid).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), LOCALES.len());
    }

    #[test]
    fn a_locale_is_found_by_its_number_or_refused() {
        assert_eq!(Locale::from_lcid(1031).map(|locale| locale.decimal), Some(','));
        let slovenian = Locale::from_lcid(1060).unwrap();
        assert_eq!((slovenian.decimal, slovenian.date_separator), (',', '.'));
        let peruvian = Locale::from_lcid(10_250).unwrap();
        assert_eq!((peruvian.decimal, peruvian.date_order), ('.', DateOrder::DayFirst));
        for unspecified in [0, 1024, 4096] {
            assert_eq!(Locale::from_lcid(unspecified), Some(Locale::US_ENGLISH));
        }
        assert_eq!(Locale::from_lcid(99_999), None);
    }
}
