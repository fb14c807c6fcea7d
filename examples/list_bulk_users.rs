//! Lists the users of a bulk job as a table, while the pages arrive.
//!
//!     COURIER_API_KEY=… cargo run --example list_bulk_users -- JOB_ID
//!
//! Without a key it talks to a stand-in for Courier in this process, in which every job has 250 users.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use trycourier::Client;
use trycourier::types::BulkJobUser;

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
    let has_key = env::var("COURIER_API_KEY").is_ok_and(|key| !key.trim().is_empty());
    let client = if has_key { Client::from_env()? } else { client_of_the_stand_in().await? };
    let job_id = match job_id {
        Some(job_id) => job_id,
        None if has_key => return Err("which job? cargo run --example list_bulk_users -- JOB_ID".into()),
        None => "job-of-250".to_owned(),
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

async fn client_of_the_stand_in() -> Result<Client, Box<dyn Error>> {
    let address = stand_in().await?;
    println!("COURIER_API_KEY is not set: asking a stand-in for Courier at {address}\n");
    Ok(Client::builder().api_key("stand-in").base_url(address).build()?)
}

/// Serves `GET /bulk/{job_id}/users` on a free port of this machine, and says where.
async fn stand_in() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection));
        }
    });
    Ok(address)
}

/// Answers the requests of a connection, one after the other. Each is a `GET`, which ends with its head.
async fn answer(mut connection: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let read = connection.read(&mut buffer).await?;
            if read == 0 {
                return Ok(());
            }
            head.extend_from_slice(buffer.get(..read).unwrap_or_default());
        }
        let request = String::from_utf8_lossy(&head).into_owned();
        head.clear();
        let target = request.split(' ').nth(1).unwrap_or_default();
        let first = target.split_once("cursor=").and_then(|(_, cursor)| cursor.parse().ok()).unwrap_or(0);
        let body = page(first).to_string();
        let length = body.len();
        let answer =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).await?;
    }
}

/// Up to 100 of the job's 250 users.
fn page(first: usize) -> Value {
    const ALL: usize = 250;
    const MOST: usize = 100;
    let end = (first + MOST).min(ALL);
    let users: Vec<Value> = (first..end)
        .map(|number| match number % 10 {
            0 => json!({"recipient": format!("user_{number:03}"), "status": "PENDING"}),
            _ => json!({"recipient": format!("user_{number:03}"), "status": "ENQUEUED", "messageId": format!("1-65f2-{number:05}")}),
        })
        .collect();
    let more = end < ALL;
    json!({"items": users, "paging": {"more": more, "cursor": more.then(|| end.to_string())}})
}
