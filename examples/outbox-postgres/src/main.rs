//! ```sh
//! export DATABASE_URL=postgres://… COURIER_API_KEY=…
//! cargo run -- worker                       # any number of them
//! cargo run -- order A-1007 ada@example.com
//! cargo run -- dead                         # what a person must decide
//! ```

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sqlx::PgPool;
use trycourier::Client;

/// The seconds after which the calls of a silent worker are taken over, unless RECOVER_AFTER_SECONDS is set.
const RECOVER_AFTER: f64 = 60.0;

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set")?;
    let (pool, client) = (PgPool::connect(&url).await?, Client::from_env()?);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["worker"] => {
            let seconds = std::env::var("RECOVER_AFTER_SECONDS").ok();
            let seconds = seconds.map(|text| text.parse()).transpose()?.unwrap_or(RECOVER_AFTER);
            outbox_postgres::worker(&pool, &client, Duration::try_from_secs_f64(seconds)?).await?.run().await?;
        }
        ["order", order, email] => {
            outbox_postgres::migrate(&pool, &client).await?;
            outbox_postgres::place_order(&pool, &client, order, email).await?;
        }
        ["dead"] => {
            for (key, error) in outbox_postgres::dead_letters(&pool).await? {
                println!("{}: {error}", key.as_deref().unwrap_or("(no key)"));
            }
        }
        _ => bail!("usage: outbox-postgres worker | order ID EMAIL | dead"),
    }
    Ok(())
}
