//! The ten most common responses: any body either decodes or is an error. A decoded value can be printed, and encodes
//! to JSON that decodes to the same value.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::{Corpus, fuzz_target};
use serde::Serialize;
use serde::de::DeserializeOwned;
use trycourier::types;

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((kind, body)) = input.split_first() else { return Corpus::Reject };
    match kind % 11 {
        0 => stable::<types::SendMessageResponse>(body),
        1 => stable::<types::MessageDetails>(body),
        2 => stable::<types::ListMessagesResponse>(body),
        3 => stable::<types::BulkListUsersResponse>(body),
        4 => stable::<types::ProfileGetResponse>(body),
        5 => stable::<types::UserTokenDetails>(body),
        6 => stable::<types::Tenant>(body),
        7 => stable::<types::Brand>(body),
        8 => stable::<types::Audience>(body),
        9 => stable::<types::Journey>(body),
        _ => stable::<types::ApiError>(body),
    }
    Corpus::Keep
});

fn stable<T: DeserializeOwned + Serialize + Debug>(body: &[u8]) {
    let Ok(first) = serde_json::from_slice::<T>(body) else { return };
    let _ = format!("{first:?}");
    let encoded = serde_json::to_vec(&first).expect("a decoded value can be encoded");
    let second: T = serde_json::from_slice(&encoded).expect("an encoded value can be decoded");
    // The order of members may differ: a body with a duplicate member decodes leniently at first, and strictly after
    // that.
    let [first, second] = [&first, &second].map(|value| serde_json::to_value(value).expect("and encoded again"));
    assert_eq!(first, second);
}
