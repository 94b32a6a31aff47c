//! SQL Browser: finds the port of a named instance over UDP 1434. [MC-SQLR] 2.2.

use crate::bytes::Reader;
use crate::error::DecodeError;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowserRequest {
    /// All instances, by broadcast (CLNT_BCAST_EX).
    Broadcast,
    /// All instances of this machine (CLNT_UCAST_EX).
    All,
    /// One instance (CLNT_UCAST_INST).
    Instance {
        /// Its name, at most 32 bytes.
        name: String,
    },
    /// The administrator's port of an instance (CLNT_UCAST_DAC), which we do not have: such a
    /// request is not answered.
    AdministratorPort {
        /// The instance's name.
        name: String,
    },
}

/// An instance that is told to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The machine's name.
    pub server: String,
    /// The instance's name.
    pub name: String,
    /// The version of its program, such as `16.0.1000.6`.
    pub version: String,
    /// Its TCP port.
    pub port: u16,
}

const BROADCAST: u8 = 0x02;
const ALL: u8 = 0x03;
const INSTANCE: u8 = 0x04;
const RESPONSE: u8 = 0x05;
const ADMINISTRATOR: u8 = 0x0F;
const NAME_MAX: u64 = 32;
/// What an answer about one instance may have.
const INSTANCE_ANSWER_MAX: usize = 1024;

impl BrowserRequest {
    /// The datagram.
    pub fn encode(&self) -> Vec<u8> {
        let named = |kind: &[u8], name: &str| [kind, name.as_bytes(), &[0]].concat();
        match self {
            BrowserRequest::Broadcast => vec![BROADCAST],
            BrowserRequest::All => vec![ALL],
            BrowserRequest::Instance { name } => named(&[INSTANCE], name),
            BrowserRequest::AdministratorPort { name } => named(&[ADMINISTRATOR, 1], name),
        }
    }

    /// Reads a datagram.
    pub fn decode(bytes: &[u8]) -> Result<BrowserRequest, DecodeError> {
        let mut reader = Reader::new(bytes);
        match reader.u8("browser request")? {
            BROADCAST => Ok(BrowserRequest::Broadcast),
            ALL => Ok(BrowserRequest::All),
            INSTANCE => Ok(BrowserRequest::Instance { name: name(&mut reader)? }),
            ADMINISTRATOR => {
                reader.u8("browser protocol")?;
                Ok(BrowserRequest::AdministratorPort { name: name(&mut reader)? })
            }
            value => Err(DecodeError::Invalid { what: "browser request", value: value.into() }),
        }
    }

    /// The answer of a machine with these instances, or nothing if it stays silent: an instance
    /// that it does not have gets no answer.
    pub fn answer(&self, instances: &[Instance]) -> Option<Vec<u8>> {
        let (wanted, limit): (Vec<_>, _) = match self {
            BrowserRequest::Broadcast | BrowserRequest::All => {
                (instances.iter().collect(), usize::from(u16::MAX))
            }
            BrowserRequest::Instance { name } => {
                let found = instances.iter().filter(|one| one.name.eq_ignore_ascii_case(name));
                (found.take(1).collect(), INSTANCE_ANSWER_MAX)
            }
            BrowserRequest::AdministratorPort { .. } => return None,
        };
        let mut data = String::new();
        for text in wanted.into_iter().map(Instance::to_text) {
            if data.len() + text.len() <= limit {
                data.push_str(&text);
            }
        }
        (!data.is_empty()).then(|| encode_response(&data))
    }
}

fn encode_response(data: &str) -> Vec<u8> {
    let length = (data.len() as u16).to_le_bytes();
    [&[RESPONSE], &length[..], data.as_bytes()].concat()
}

/// A name up to its zero, or up to the end: some clients leave the zero out.
fn name(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
    let bytes = reader.take_rest();
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    if end as u64 > NAME_MAX {
        return Err(DecodeError::OverLimit { what: "instance name", limit: NAME_MAX });
    }
    Ok(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

impl Instance {
    /// The instance as answers carry it.
    fn to_text(&self) -> String {
        let Instance { server, name, version, port } = self;
        format!(
            "ServerName;{server};InstanceName;{name};IsClustered;No;Version;{version};tcp;{port};;"
        )
    }

    /// Reads the instances of an answer, as a client does.
    pub fn decode_answer(bytes: &[u8]) -> Result<Vec<Instance>, DecodeError> {
        let mut reader = Reader::new(bytes);
        match reader.u8("browser answer")? {
            RESPONSE => {}
            value => {
                return Err(DecodeError::Invalid { what: "browser answer", value: value.into() });
            }
        }
        let length = reader.u16("browser answer")?;
        let data = reader.take(length.into(), "browser answer")?;
        let text = String::from_utf8_lossy(data);
        Ok(text.split(";;").filter_map(Instance::from_text).collect())
    }

    fn from_text(text: &str) -> Option<Instance> {
        let words: Vec<_> = text.split(';').collect();
        let find = |key: &str| {
            let pairs = words.as_chunks::<2>().0;
            pairs.iter().find(|[name, _]| *name == key).map(|[_, value]| (*value).to_owned())
        };
        Some(Instance {
            server: find("ServerName")?,
            name: find("InstanceName")?,
            version: find("Version")?,
            port: find("tcp")?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn instance(name: &str, port: u16) -> Instance {
        let (server, version) = ("BOX".to_owned(), "16.0.1000.6".to_owned());
        Instance { server, name: name.to_owned(), version, port }
    }

    #[test]
    fn a_request_for_one_instance_looks_like_this_on_the_wire() {
        let request = BrowserRequest::Instance { name: "A1".into() };
        assert_snapshot!(format!("{:02X?}", request.encode()), @"[04, 41, 31, 00]");
        assert_eq!(BrowserRequest::decode(&[4, 0x41, 0x31]), Ok(request));
    }

    #[test]
    fn an_answer_names_the_port() {
        let request = BrowserRequest::Instance { name: "packhorse".into() };
        let answer = request.answer(&[instance("PACKHORSE", 1433)]).unwrap();
        assert_eq!(answer[..3], [0x05, 83, 0]);
        assert_snapshot!(
            String::from_utf8_lossy(&answer[3..]),
            @"ServerName;BOX;InstanceName;PACKHORSE;IsClustered;No;Version;16.0.1000.6;tcp;1433;;"
        );
    }

    #[test]
    fn nobody_answers_for_an_instance_that_is_not_there() {
        let here = [instance("A", 1)];
        assert_eq!(BrowserRequest::Instance { name: "B".into() }.answer(&here), None);
        assert_eq!(BrowserRequest::AdministratorPort { name: "A".into() }.answer(&here), None);
        assert_eq!(BrowserRequest::All.answer(&[]), None);
    }

    #[test]
    fn all_instances_stand_in_one_answer() {
        let here = [instance("A", 1), instance("B", 2)];
        let answer = BrowserRequest::Broadcast.answer(&here).unwrap();
        assert_eq!(Instance::decode_answer(&answer), Ok(here.to_vec()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(name in "[A-Za-z0-9_$]{1,16}", which in 0..4) {
            let request = match which {
                0 => BrowserRequest::Broadcast,
                1 => BrowserRequest::All,
                2 => BrowserRequest::Instance { name },
                _ => BrowserRequest::AdministratorPort { name },
            };
            prop_assert_eq!(BrowserRequest::decode(&request.encode()), Ok(request));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            drop(BrowserRequest::decode(&bytes));
            drop(Instance::decode_answer(&bytes));
        }
    }
}
