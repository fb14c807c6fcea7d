//! A fake Courier in this process, so that an example runs without a key and without a network.

use trycourier::Client;
use trycourier::testing::Courier;

/// Returns a client of Courier if there is an API key; otherwise a client of a fake, and the fake.
pub fn client() -> trycourier::Result<(Client, Option<Courier>)> {
    if std::env::var("COURIER_API_KEY").is_ok_and(|key| !key.trim().is_empty()) {
        return Ok((Client::from_env()?, None));
    }
    eprintln!("COURIER_API_KEY is not set: using a fake Courier in this process");
    let courier = Courier::new();
    Ok((courier.client(), Some(courier)))
}
