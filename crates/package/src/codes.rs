//! The macro behind every property whose values have a number and a name.

/// Declares an enum whose values have the number that property expressions and files use and the
/// name that files and designers use. The first name is the one to show; more may follow.
macro_rules! numbered {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$vdoc:meta])* $variant:ident = $number:literal, $text:literal $(| $also:literal)*;)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The number that files and property expressions use.
            pub const fn number(self) -> i32 {
                match self { $(Self::$variant => $number,)* }
            }

            /// The documented name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value with this number.
            pub fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// The value with this name, in any letter case, or with this number.
            pub fn from_text(text: &str) -> Option<Self> {
                let text = text.trim();
                if let Ok(number) = text.parse() {
                    return Self::from_number(number);
                }
                $(if [$text $(, $also)*].iter().any(|name| name.eq_ignore_ascii_case(text)) {
                    return Some(Self::$variant);
                })*
                None
            }
        }
    )*};
}

pub(crate) use numbered;
