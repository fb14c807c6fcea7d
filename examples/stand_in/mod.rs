//! A Courier in this process, so that an example runs without a key and without a network.

use trycourier::Client;
use trycourier::testing::Courier;

/// A client of Courier where there is a key; else one of a stand-in, which comes with it.
pub fn client() -> trycourier::Result<(Client, Option<Courier>)> {
    if std::env::var("COURIER_API_KEY").is_ok_and(|key| !key.trim().is_empty()) {
        return Ok((Client::from_env()?, None));
    }
    eprintln!("COURIER_API_KEY is not set: asking a stand-in for Courier in this process");
    let courier = Courier::new();
    Ok((courier.client(), Some(courier)))
}
