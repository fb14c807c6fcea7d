//! Prints the users of a bulk job as a table, page by page.
//!
//!     COURIER_API_KEY=… cargo run --example list_bulk_users -- JOB_ID
//!
//! Without a key it uses a fake Courier in this process, and a job with 250 users.

mod fake;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use futures::TryStreamExt as _;
use trycourier::Client;
use trycourier::types::{BulkJobUser, BulkMessage, BulkUser};

#[tokio::main]
async fn main() -> ExitCode {
    match list(env::args().nth(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn list(job_id: Option<String>) -> Result<(), Box<dyn Error>> {
    let (client, fake) = fake::client()?;
    let job_id = match (job_id, fake) {
        (Some(job_id), _) => job_id,
        (None, None) => return Err("usage: cargo run --example list_bulk_users -- JOB_ID".into()),
        (None, Some(courier)) => {
            let job_id = create_job(&client).await?;
            courier.advance(Duration::from_secs(5)); // Until all messages are enqueued.
            job_id
        }
    };

    println!("Job {job_id}\n\n{:<14}{:<12}MESSAGE", "RECIPIENT", "STATUS");
    let (mut page_count, mut user_count) = (0, 0);
    let mut pages = client.bulk().list_users(job_id).pages();
    while let Some(page) = pages.try_next().await? {
        for user in &page.items {
            println!("{}", row(user));
        }
        page_count += 1;
        user_count += page.items.len();
    }
    println!("\n{user_count} users from {page_count} pages");
    Ok(())
}

fn row(user: &BulkJobUser) -> String {
    let to = user.to.as_ref().and_then(|to| to.user_id.as_deref());
    let recipient = user.recipient.as_deref().or(to).unwrap_or("-");
    format!("{recipient:<14}{:<12}{}", user.status.as_str(), user.message_id.as_deref().unwrap_or("-"))
}

/// Creates and runs a job with 250 users in the fake.
async fn create_job(client: &Client) -> trycourier::Result<String> {
    let job = client.bulk().create_job(BulkMessage::new("nt_newsletter")).await?.into_inner().job_id;
    let user = |number| {
        let email = format!("user{number}@example.com");
        BulkUser::new().recipient(format!("user_{number:03}")).profile([("email", email)])
    };
    client.bulk().add_users(&job, (0..250).map(user)).await?;
    client.bulk().run_job(&job).await?;
    Ok(job)
}
