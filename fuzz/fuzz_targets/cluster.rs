//! What workers say to masters, and package processes to workers: any bytes are read or refused,
//! and what was read is the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scaleout::child::{FromChild, ToChild};
use scaleout::message::{
    AgentHeartbeat, AppendMessages, ChangeCertificates, Claim, Claimed, Register, Registered,
    Renew, Renewed, Report, Reported,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn read<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<T>(bytes) else { return };
    let text = serde_json::to_string(&message).expect("what was read can be written");
    let again: T = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(serde_json::to_string(&again).expect("it was written before"), text);
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else { return };
    match kind % 14 {
        0 => read::<Register>(body),
        1 => read::<AgentHeartbeat>(body),
        2 => read::<Claim>(body),
        3 => read::<Renew>(body),
        4 => read::<AppendMessages>(body),
        5 => read::<Report>(body),
        6 => read::<ChangeCertificates>(body),
        7 => read::<Registered>(body),
        8 => read::<Claimed>(body),
        9 => read::<Renewed>(body),
        10 => read::<Reported>(body),
        11 => read::<FromChild>(body),
        12 => read::<ToChild>(body),
        _ => {
            let mut pipe = body;
            while let Ok(Some(_)) = worker::frame::read::<FromChild>(&mut pipe) {}
        }
    }
});
