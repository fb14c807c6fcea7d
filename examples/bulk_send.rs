//! Sends a template to every user in a CSV file with the columns `id,email,name` and a header line.
//!
//!     COURIER_API_KEY=… cargo run --example bulk_send -- nt_newsletter users.csv
//!
//! After each chunk, it saves the job's checkpoint next to the file. If there is a checkpoint, it resumes the job.
//! Without a key it uses a fake Courier in this process, and without arguments about 2,500 generated users.

mod fake;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};

use futures::{TryStreamExt as _, stream};
use trycourier::Client;
use trycourier::ext::bulk::{Channel, Job, MissingAddress, Progress};
use trycourier::types::{BulkMessage, BulkUser, BulkUserStatus};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, fake) = fake::client()?;
    let mut arguments = std::env::args().skip(1);
    let (template, file) = match (arguments.next(), arguments.next()) {
        (Some(template), Some(file)) => (template, file),
        _ if fake.is_some() => ("nt_newsletter".to_owned(), generate_users()?),
        _ => return Err("usage: cargo run --example bulk_send -- TEMPLATE_ID USERS.csv".into()),
    };
    let saved = format!("{file}.job");
    let job = job(&client, &template, &saved).await?.channel(Channel::Email).missing_address(MissingAddress::Reject);
    let results = job.results();

    let lines = BufReader::new(fs::File::open(&file)?).lines().enumerate().skip(1);
    let users = lines.map(|(index, line)| {
        line.and_then(|line| user(&line)).map_err(|error| io::Error::other(format!("line {}: {error}", index + 1)))
    });
    let mut sending = job.send_stream(stream::iter(users));
    while let Some(progress) = sending.try_next().await? {
        if let Some(checkpoint) = progress.checkpoint() {
            // Renaming is atomic, so the checkpoint is never half written.
            fs::write(format!("{saved}.new"), serde_json::to_vec(checkpoint)?)?;
            fs::rename(format!("{saved}.new"), &saved)?;
        }
        match progress {
            Progress::Ingested(chunk) => {
                for user in &chunk.rejected {
                    let line = user.index.map_or_else(|| "a line".to_owned(), |index| format!("line {}", index + 2));
                    eprintln!("\r{line}: {}", user.reason);
                }
                eprint!("\r{} users, {} of them rejected", chunk.checkpoint.seen(), chunk.checkpoint.rejected());
                io::stderr().flush()?;
            }
            Progress::Run { checkpoint, .. } => eprintln!("\njob {} is running", checkpoint.job_id()),
            Progress::State(job) => eprintln!("{}: {} of {}", job.status, job.enqueued, job.received),
            _ => {}
        }
    }

    let failed = results
        .try_fold(0, |failed, user| async move { Ok(failed + usize::from(user.status == BulkUserStatus::Error)) });
    // The checkpoint stays, so that a supervisor that starts the program again does not send everything again.
    println!("done; {} users failed; remove {saved} to send to the file again", failed.await?);
    Ok(())
}

async fn job(client: &Client, template: &str, saved: &str) -> Result<Job, Box<dyn Error>> {
    match fs::read(saved) {
        Ok(checkpoint) => Ok(Job::resume(client, serde_json::from_slice(&checkpoint)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Job::create(client, BulkMessage::new(template)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

fn user(line: &str) -> io::Result<BulkUser> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [id, email, name] = fields.as_slice() else {
        return Err(io::Error::other("it does not have three fields"));
    };
    Ok(BulkUser::new().recipient(*id).profile([("email", *email)]).data([("name", *name)]))
}

/// Writes a file of users, two of whom are rejected.
fn generate_users() -> io::Result<String> {
    let mut text = "id,email,name\n".to_owned();
    for number in 1..=2500 {
        let address = if number == 1234 { String::new() } else { format!("user{number}@example.com") };
        // Writing to a string does not fail.
        let _ = writeln!(text, "user-{number},{address},User {number}");
    }
    text += "user-7,user7@example.com,User 7 again\n";
    let file = std::env::temp_dir().join(format!("users-{}.csv", std::process::id()));
    fs::write(&file, text)?;
    Ok(file.to_string_lossy().into_owned())
}
