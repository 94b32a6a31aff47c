//! Plural nouns in English and their singular.
//!
//! SSIS uses a dictionary of its own that is not published; this is by rule, with tables of what
//! no rule gives.

/// Plurals that no rule gives, and their singular.
const IRREGULAR: &[(&str, &str)] = &[
    ("men", "man"),
    ("children", "child"),
    ("oxen", "ox"),
    ("people", "person"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("geese", "goose"),
    ("mice", "mouse"),
    ("lice", "louse"),
    ("dice", "die"),
    ("lives", "life"),
    ("wives", "wife"),
    ("knives", "knife"),
    ("wolves", "wolf"),
    ("leaves", "leaf"),
    ("shelves", "shelf"),
    ("halves", "half"),
    ("calves", "calf"),
    ("loaves", "loaf"),
    ("thieves", "thief"),
    ("selves", "self"),
    ("elves", "elf"),
    ("scarves", "scarf"),
    ("hooves", "hoof"),
    ("analyses", "analysis"),
    ("bases", "base"),
    ("crises", "crisis"),
    ("diagnoses", "diagnosis"),
    ("hypotheses", "hypothesis"),
    ("theses", "thesis"),
    ("emphases", "emphasis"),
    ("syntheses", "synthesis"),
    ("parentheses", "parenthesis"),
    ("axes", "axis"),
    ("criteria", "criterion"),
    ("phenomena", "phenomenon"),
    ("indices", "index"),
    ("matrices", "matrix"),
    ("vertices", "vertex"),
    ("appendices", "appendix"),
    ("quizzes", "quiz"),
    ("gases", "gas"),
    ("biases", "bias"),
    ("atlases", "atlas"),
    ("canvases", "canvas"),
    ("aliases", "alias"),
    ("ties", "tie"),
    ("pies", "pie"),
    ("lies", "lie"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("zombies", "zombie"),
    ("calories", "calorie"),
    ("caches", "cache"),
    ("aches", "ache"),
    ("headaches", "headache"),
    ("niches", "niche"),
    ("avalanches", "avalanche"),
    ("shoes", "shoe"),
    ("toes", "toe"),
    ("foes", "foe"),
    ("canoes", "canoe"),
];

/// Words in s that are no plurals, or the same in both.
const UNCHANGED: &[&str] = &[
    "series",
    "species",
    "news",
    "lens",
    "gas",
    "bias",
    "atlas",
    "canvas",
    "alias",
    "means",
    "always",
    "perhaps",
    "yes",
    "was",
    "has",
    "does",
    "goes",
    "his",
    "its",
    "ours",
    "yours",
    "hers",
    "theirs",
    "besides",
    "sometimes",
    "towards",
    "whereas",
    "christmas",
    "texas",
    "kansas",
    "james",
    "paris",
];

/// Words before `-uses` that keep their e.
const USE: &[&str] = &[
    "use",
    "house",
    "warehouse",
    "cause",
    "clause",
    "excuse",
    "blouse",
    "pause",
    "abuse",
    "fuse",
    "mouse",
    "spouse",
    "reuse",
    "misuse",
    "muse",
    "greenhouse",
];

/// The singular of a plural, in its letter case; `None` for what is no plural.
pub(crate) fn singular(word: &str) -> Option<String> {
    let small = word.to_ascii_lowercase();
    // Of a compound only its last part is a noun in the plural.
    let start = small.rfind(['-', '_']).map_or(0, |at| at + 1);
    let made = of_part(&small[start..])?;
    let same = made.bytes().zip(small[start..].bytes()).take_while(|(a, b)| a == b).count();
    Some(format!("{}{}", &word[..start + same], &made[same..]))
}

fn of_part(word: &str) -> Option<String> {
    if UNCHANGED.contains(&word) {
        return None;
    }
    if let Some((_, singular)) = IRREGULAR.iter().find(|entry| entry.0 == word) {
        return Some((*singular).to_owned());
    }
    if let Some(stem) = word.strip_suffix("men").filter(|stem| 1 < stem.len()) {
        let is_noun = !["speci", "regi", "a", "hy", "abdo", "acu", "sta"].contains(&stem);
        return is_noun.then(|| format!("{stem}man"));
    }
    let stem = word.strip_suffix('s').filter(|stem| 2 < stem.len())?;
    if stem.ends_with(['s', 'u', 'i', '\'']) || word.ends_with("ics") {
        return None;
    }
    if let Some(base) = word.strip_suffix("ies") {
        return Some(format!("{base}y"));
    }
    let without_es = word.strip_suffix("es").unwrap_or_default();
    let is_sibilant =
        ["ss", "sh", "ch", "x", "zz", "o"].iter().any(|end| without_es.ends_with(end));
    let is_latin = without_es.ends_with("us") && !USE.contains(&stem);
    Some(if is_sibilant || is_latin { without_es.to_owned() } else { stem.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_have_their_singular() {
        let pairs = "bicycles bicycle|stories story|men man|mice mouse|geese goose|potatoes potato|boxes box|classes class|viruses virus|houses house|databases database|Women Woman|CHURCHES CHURCH|mother-boards mother-board|sizes size|tomatoes tomato|analyses analysis|days day|women woman|uses use|buses bus|cases case|Peters Peter|knives knife|shoes shoe";
        for pair in pairs.split('|') {
            let (plural, expected) = pair.split_once(' ').unwrap();
            let found = singular(plural).unwrap();
            assert_eq!(found.to_lowercase(), expected.to_lowercase());
        }
        assert_eq!(singular("Bicycles").as_deref(), Some("Bicycle"));
    }

    #[test]
    fn what_is_no_plural_has_none() {
        for word in [
            "bicycle", "class", "bus", "analysis", "news", "physics", "as", "series", "specimen",
            "men-",
        ] {
            assert_eq!(singular(word), None, "{word}");
        }
    }
}
