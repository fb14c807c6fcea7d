//! Writes all messages to a file, one JSON object a line, and goes on where it was interrupted.
//!
//!     COURIER_API_KEY=… cargo run --example export_messages -- messages.jsonl
//!
//! Without a key it talks to a stand-in for Courier in this process, with 250 messages.

mod stand_in;

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};

use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use trycourier::types::{Message, Recipient};

/// How far it is: from which page on, and how long the file was then.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    cursor: Option<String>,
    length: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let made_up = || std::env::temp_dir().join(format!("messages-{}.jsonl", std::process::id()));
    let path = std::env::args().nth(1).map_or_else(made_up, Into::into);
    let saved_path = path.with_extension("cursor");
    let (client, stand_in) = stand_in::client()?;
    if stand_in.is_some() {
        for number in 0..250 {
            let message = Message::new().to(Recipient::email(format!("user{number}@example.com"))).template("nt_news");
            client.send().message(message).await?;
        }
    }

    let saved: Saved = match fs::read(&saved_path) {
        Ok(saved) => serde_json::from_slice(&saved)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Saved::default(),
        Err(error) => return Err(error.into()),
    };
    let mut file = File::options().create(true).truncate(false).write(true).open(&path)?;
    // What was written of a page that is not known to be complete is written again.
    file.set_len(saved.length)?;
    file.seek(SeekFrom::End(0))?;

    let mut list = client.messages().list();
    if let Some(cursor) = saved.cursor {
        list = list.cursor(cursor);
    }
    let (mut messages, mut pages) = (0, list.pages().prefetch(1));
    while let Some(page) = pages.try_next().await? {
        for error in &page.errors {
            eprintln!("{error}");
        }
        let mut lines = Vec::new();
        for message in &page.items {
            serde_json::to_writer(&mut lines, message)?;
            lines.push(b'\n');
        }
        file.write_all(&lines)?;
        file.sync_data()?;
        messages += page.items.len();
        if let Some(cursor) = page.next_cursor {
            let saved = Saved { cursor: Some(cursor), length: file.stream_position()? };
            fs::write(saved_path.with_extension("new"), serde_json::to_vec(&saved)?)?;
            fs::rename(saved_path.with_extension("new"), &saved_path)?;
        }
    }
    match fs::remove_file(saved_path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => println!("{messages} messages in {}", path.display()),
    }
    Ok(())
}
