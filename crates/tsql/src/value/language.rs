//! The languages of a session: names of months and days, the order of dates, the first day of the
//! week. Messages are English in every language.
//!
//! Source: "sys.syslanguages", "SET LANGUAGE".

use super::DateOrder;

/// A language.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Its number: `@@LANGID`.
    pub id: i16,
    /// Its name: `@@LANGUAGE`.
    pub name: &'static str,
    /// Its English name.
    pub alias: &'static str,
    /// Windows' number of it.
    pub lcid: i32,
    /// How dates of numbers are read in it.
    pub order: DateOrder,
    /// The first day of the week, 1 for Monday to 7 for Sunday.
    pub first: u8,
    /// The months, with commas between them.
    pub months: &'static str,
    /// The short names of the months, as styles of CONVERT write them.
    pub short_months: &'static str,
    /// The days of the week, from Monday.
    pub days: &'static str,
}

const ENGLISH_MONTHS: &str =
    "January,February,March,April,May,June,July,August,September,October,November,December";
const ENGLISH_SHORT: &str = "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec";
const ENGLISH_DAYS: &str = "Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday";

/// What every server begins with.
const US_ENGLISH: Language = Language {
    id: 0,
    name: "us_english",
    alias: "English",
    lcid: 1033,
    order: DateOrder::Mdy,
    first: 7,
    months: ENGLISH_MONTHS,
    short_months: ENGLISH_SHORT,
    days: ENGLISH_DAYS,
};

/// The languages that are known; the others of SQL Server are refused by name.
pub const LANGUAGES: &[Language] = &[
    US_ENGLISH,
    Language {
        id: 1,
        name: "Deutsch",
        alias: "German",
        lcid: 1031,
        order: DateOrder::Dmy,
        first: 1,
        months: "Januar,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember",
        short_months: "Jan,Feb,Mär,Apr,Mai,Jun,Jul,Aug,Sep,Okt,Nov,Dez",
        days: "Montag,Dienstag,Mittwoch,Donnerstag,Freitag,Samstag,Sonntag",
    },
    Language {
        id: 2,
        name: "Français",
        alias: "French",
        lcid: 1036,
        order: DateOrder::Dmy,
        first: 1,
        months: "janvier,février,mars,avril,mai,juin,juillet,août,septembre,octobre,novembre,décembre",
        short_months: "janv,févr,mars,avr,mai,juin,juil,août,sept,oct,nov,déc",
        days: "lundi,mardi,mercredi,jeudi,vendredi,samedi,dimanche",
    },
    Language {
        id: 4,
        name: "Dansk",
        alias: "Danish",
        lcid: 1030,
        order: DateOrder::Dmy,
        first: 1,
        months: "januar,februar,marts,april,maj,juni,juli,august,september,oktober,november,december",
        short_months: "jan,feb,mar,apr,maj,jun,jul,aug,sep,okt,nov,dec",
        days: "mandag,tirsdag,onsdag,torsdag,fredag,lørdag,søndag",
    },
    Language {
        id: 5,
        name: "Español",
        alias: "Spanish",
        lcid: 3082,
        order: DateOrder::Dmy,
        first: 1,
        months: "Enero,Febrero,Marzo,Abril,Mayo,Junio,Julio,Agosto,Septiembre,Octubre,Noviembre,Diciembre",
        short_months: "Ene,Feb,Mar,Abr,May,Jun,Jul,Ago,Sep,Oct,Nov,Dic",
        days: "Lunes,Martes,Miércoles,Jueves,Viernes,Sábado,Domingo",
    },
    Language {
        id: 6,
        name: "Italiano",
        alias: "Italian",
        lcid: 1040,
        order: DateOrder::Dmy,
        first: 1,
        months: "gennaio,febbraio,marzo,aprile,maggio,giugno,luglio,agosto,settembre,ottobre,novembre,dicembre",
        short_months: "gen,feb,mar,apr,mag,giu,lug,ago,set,ott,nov,dic",
        days: "lunedì,martedì,mercoledì,giovedì,venerdì,sabato,domenica",
    },
    Language {
        id: 7,
        name: "Nederlands",
        alias: "Dutch",
        lcid: 1043,
        order: DateOrder::Dmy,
        first: 1,
        months: "januari,februari,maart,april,mei,juni,juli,augustus,september,oktober,november,december",
        short_months: "jan,feb,mrt,apr,mei,jun,jul,aug,sep,okt,nov,dec",
        days: "maandag,dinsdag,woensdag,donderdag,vrijdag,zaterdag,zondag",
    },
    Language {
        id: 8,
        name: "Norsk",
        alias: "Norwegian",
        lcid: 2068,
        order: DateOrder::Dmy,
        first: 1,
        months: "januar,februar,mars,april,mai,juni,juli,august,september,oktober,november,desember",
        short_months: "jan,feb,mar,apr,mai,jun,jul,aug,sep,okt,nov,des",
        days: "mandag,tirsdag,onsdag,torsdag,fredag,lørdag,søndag",
    },
    Language {
        id: 11,
        name: "Svenska",
        alias: "Swedish",
        lcid: 1053,
        order: DateOrder::Ymd,
        first: 1,
        months: "januari,februari,mars,april,maj,juni,juli,augusti,september,oktober,november,december",
        short_months: "jan,feb,mar,apr,maj,jun,jul,aug,sep,okt,nov,dec",
        days: "måndag,tisdag,onsdag,torsdag,fredag,lördag,söndag",
    },
    Language {
        id: 23,
        name: "British",
        alias: "British English",
        lcid: 2057,
        order: DateOrder::Dmy,
        first: 1,
        months: ENGLISH_MONTHS,
        short_months: ENGLISH_SHORT,
        days: ENGLISH_DAYS,
    },
];

impl Language {
    /// The language with this name or English name, in any case.
    pub fn named(name: &str) -> Option<&'static Self> {
        let wanted = name.to_lowercase();
        let is_it = |one: &&Self| {
            one.name.to_lowercase() == wanted || one.alias.eq_ignore_ascii_case(&wanted)
        };
        LANGUAGES.iter().find(is_it)
    }

    /// The name of a month, 1 to 12.
    pub fn month(&self, number: u32) -> &'static str {
        nth(self.months, number)
    }

    /// The short name of a month, 1 to 12.
    pub fn short_month(&self, number: u32) -> &'static str {
        nth(self.short_months, number)
    }

    /// The name of a day of the week, 0 for Sunday to 6.
    pub fn weekday(&self, number: usize) -> &'static str {
        let from_monday = if number == 0 { 7 } else { number };
        nth(self.days, u32::try_from(from_monday).unwrap_or(1))
    }

    /// The number of a month by its name or its short name.
    pub(super) fn month_named(&self, word: &str) -> Option<u32> {
        let word = word.to_lowercase();
        (1..=12).find(|number| {
            self.month(*number).to_lowercase() == word
                || self.short_month(*number).to_lowercase() == word
        })
    }

    /// Whether names are English.
    pub(crate) fn is_english(&self) -> bool {
        self.months == ENGLISH_MONTHS
    }
}

/// A name of a list, counted from 1.
fn nth(list: &'static str, number: u32) -> &'static str {
    let at = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
    list.split(',').nth(at).unwrap_or_default()
}

impl Default for &'static Language {
    fn default() -> Self {
        &US_ENGLISH
    }
}

/// How a session reads and writes dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DateSettings {
    /// The order of dates of numbers: SET DATEFORMAT.
    pub order: DateOrder,
    /// The names of months and days: SET LANGUAGE.
    pub language: &'static Language,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_all_names() {
        for language in LANGUAGES {
            let counts = [language.months, language.short_months, language.days]
                .map(|list| list.split(',').filter(|name| !name.is_empty()).count());
            assert_eq!(counts, [12, 12, 7], "{}", language.name);
            assert_eq!(Language::named(language.alias), Some(language));
        }
    }
}
