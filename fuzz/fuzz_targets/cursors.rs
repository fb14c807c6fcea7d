//! Loop detection of lists: only a repeated cursor ends a list, and every loop of cursors ends it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trycourier::fuzzing::{first_repeated, non_empty};

fuzz_target!(|input: &[u8]| {
    let Some((start, cursors)) = input.split_first() else { return };
    let start = (start % 2 == 1).then(|| start.to_string());
    let cursors: Vec<String> = cursors.iter().map(u8::to_string).collect();

    if let Some(index) = first_repeated(start.as_deref(), cursors.iter().map(String::as_str)) {
        let earlier = start.iter().chain(&cursors[..index]);
        assert!(
            earlier.into_iter().any(|earlier| *earlier == cursors[index]),
            "a new cursor was taken for a repeated one"
        );
    }
    if !cursors.is_empty() {
        let endless = cursors.iter().cycle().map(String::as_str).take(8 * cursors.len() + 8);
        assert!(first_repeated(start.as_deref(), endless).is_some(), "a loop was not found");
    }
    for cursor in cursors {
        assert_eq!(non_empty(Some(cursor.clone())), Some(cursor));
    }
    assert_eq!(non_empty(Some(String::new())), None);
});
