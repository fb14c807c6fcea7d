//! Writes all messages to a file, one JSON object per line. After an interruption, it continues where it stopped.
//!
//!     COURIER_API_KEY=… cargo run --example export_messages -- messages.jsonl
//!
//! Without a key it uses a fake Courier in this process, with 250 messages.

mod fake;

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};

use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use trycourier::types::{Message, Recipient};

/// The progress of the export: the cursor of the next page, and the length of the file before that page.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    cursor: Option<String>,
    length: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let temporary = || std::env::temp_dir().join(format!("messages-{}.jsonl", std::process::id()));
    let path = std::env::args().nth(1).map_or_else(temporary, Into::into);
    let saved_path = path.with_extension("cursor");
    let (client, fake) = fake::client()?;
    if fake.is_some() {
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
    // The last page may be incomplete, so it is written again.
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
