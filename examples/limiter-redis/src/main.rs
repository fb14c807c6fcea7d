//! Renames a list a number of times, 20 times a minute at most, together with all other processes that do so.
//!
//! ```sh
//! export REDIS_URL=redis://127.0.0.1:6379 COURIER_API_KEY=…
//! cargo run -- 100
//! ```

use std::error::Error;
use std::time::Duration;

use limiter_redis::{RedisLimiter, WithoutRedis};
use trycourier::Client;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).ok_or("usage: limiter-redis COUNT")?.parse()?;
    let period = std::env::var("PERIOD_SECONDS").ok().map(|seconds| seconds.parse()).transpose()?.unwrap_or(60);
    let limiter = RedisLimiter::connect(&std::env::var("REDIS_URL")?, WithoutRedis::FailClosed).await?;
    let limiter = limiter.limit("lists.update", 20, Duration::from_secs(period));
    let client = Client::from_env()?.with_options(|options| options.limiter(limiter));
    for number in 0..count {
        client.lists().update("customers", format!("Customers {number}")).await?;
    }
    println!("{count} calls");
    Ok(())
}
