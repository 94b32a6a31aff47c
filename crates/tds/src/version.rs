//! The protocol versions we speak, and what differs between them.
//!
//! Source: [MS-TDS] 2.2.6.4 (TDSVersion in LOGIN7) and 2.2.7.14 (in LOGINACK). The client writes
//! the number little endian and the server big endian.

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// SQL Server 2000: no `max` types, no ALL_HEADERS, four-byte row counts.
    V7_1,
    /// SQL Server 2005.
    V7_2,
    /// SQL Server 2008 without null-bitmap rows and sparse columns.
    V7_3A,
    /// SQL Server 2008, whole.
    V7_3B,
    /// SQL Server 2012 and later.
    V7_4,
    /// SQL Server 2022: TLS outside TDS ("strict"). The tokens are those of 7.4.
    V8_0,
}

impl Version {
    /// The version to speak with a client that asks for `number`, or `None` for clients that
    /// are too old. Versions between two known ones get the lower one.
    pub fn for_client(number: u32) -> Option<Version> {
        match number {
            0x0800_0000..=0x0FFF_FFFF => Some(Version::V8_0),
            0x7100_0000..=0x71FF_FFFF => Some(Version::V7_1),
            0x7200_0000..=0x7309_FFFF => Some(Version::V7_2),
            0x730A_0000..=0x730A_FFFF => Some(Version::V7_3A),
            0x730B_0000..=0x73FF_FFFF => Some(Version::V7_3B),
            0x7400_0000..=0x7FFF_FFFF => Some(Version::V7_4),
            _ => None,
        }
    }

    /// The version's number, as LOGIN7 carries it.
    pub fn number(self) -> u32 {
        match self {
            Version::V7_1 => 0x7100_0001,
            Version::V7_2 => 0x7209_0002,
            Version::V7_3A => 0x730A_0003,
            Version::V7_3B => 0x730B_0003,
            Version::V7_4 => 0x7400_0004,
            Version::V8_0 => 0x0800_0000,
        }
    }

    /// Whether requests start with ALL_HEADERS, row counts have eight bytes, line numbers and
    /// user types four, and the `max` types exist.
    pub fn is_at_least_7_2(self) -> bool {
        self >= Version::V7_2
    }

    /// Whether date, time, datetime2, datetimeoffset and table-valued parameters exist.
    pub fn is_at_least_7_3(self) -> bool {
        self >= Version::V7_3A
    }

    /// Whether rows may carry a null bitmap.
    pub fn has_null_bitmap_rows(self) -> bool {
        self >= Version::V7_3B
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_what_a_client_of_that_version_gets() {
        let all = [
            Version::V7_1,
            Version::V7_2,
            Version::V7_3A,
            Version::V7_3B,
            Version::V7_4,
            Version::V8_0,
        ];
        for version in all {
            assert_eq!(Version::for_client(version.number()), Some(version));
        }
    }

    #[test]
    fn sybase_and_sql_server_7_clients_are_too_old() {
        assert_eq!(Version::for_client(0x7000_0000), None);
        assert_eq!(Version::for_client(0x0500_0000), None);
        assert_eq!(Version::for_client(0), None);
    }
}
