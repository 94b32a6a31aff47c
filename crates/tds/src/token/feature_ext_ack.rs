//! FEATUREEXTACK: which login extensions the server takes. [MS-TDS] 2.2.7.11.

use super::byte;
use crate::bytes::Reader;
use crate::error::DecodeError;

/// One extension that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureAck {
    /// Its number; see [`crate::login7::feature`].
    pub id: u8,
    /// What the server says to it.
    pub data: Vec<u8>,
}

/// Which extensions the server takes. Those not named are not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureExtAck {
    /// In any order.
    pub features: Vec<FeatureAck>,
}

const END: u8 = 0xFF;

impl FeatureExtAck {
    /// Appends the token.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(byte::FEATURE_EXT_ACK);
        for feature in &self.features {
            out.push(feature.id);
            out.extend_from_slice(&(feature.data.len() as u32).to_le_bytes());
            out.extend_from_slice(&feature.data);
        }
        out.push(END);
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<FeatureExtAck, DecodeError> {
        let mut features = Vec::new();
        loop {
            match reader.u8("FEATUREEXTACK")? {
                END => return Ok(FeatureExtAck { features }),
                id => {
                    let length = reader.u32("FEATUREEXTACK length")?;
                    let data = reader.take(length as usize, "FEATUREEXTACK data")?.to_vec();
                    features.push(FeatureAck { id, data });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};
    use crate::version::Version;

    #[test]
    fn an_acknowledgement_of_utf8_looks_like_this_on_the_wire() {
        let ack = FeatureExtAck { features: vec![FeatureAck { id: 0x0A, data: vec![1] }] };
        let wire = bytes(|out| ack.encode(out));
        assert_snapshot!(format!("{wire:02X?}"), @"[AE, 0A, 01, 00, 00, 00, 01, FF]");
        assert_eq!(one(&wire, Version::V7_4), Token::FeatureExtAck(ack));
    }
}
