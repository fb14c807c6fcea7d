//! The walk through the pages of a list: only a cursor that was there before ends it, and every circle ends it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trycourier::fuzzing::{leading, leads_back};

fuzz_target!(|input: &[u8]| {
    let Some((start, cursors)) = input.split_first() else { return };
    let start = (start % 2 == 1).then(|| start.to_string());
    let cursors: Vec<String> = cursors.iter().map(u8::to_string).collect();

    if let Some(place) = leads_back(start.clone(), cursors.iter().map(String::as_str)) {
        let earlier = start.iter().chain(&cursors[..place]);
        assert!(
            earlier.into_iter().any(|earlier| *earlier == cursors[place]),
            "a new cursor was taken for an earlier one"
        );
    }
    if !cursors.is_empty() {
        let endless = cursors.iter().cycle().map(String::as_str).take(8 * cursors.len() + 8);
        assert!(leads_back(start, endless).is_some(), "a circle without end");
    }
    for cursor in cursors {
        assert_eq!(leading(Some(cursor.clone())), Some(cursor));
    }
    assert_eq!(leading(Some(String::new())), None);
});
