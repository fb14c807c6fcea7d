//! A service that sends an email by Resend.

use resend_rs::Resend;
use resend_rs::types::CreateEmailBaseOptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Resend::default();
    let email = CreateEmailBaseOptions::new("shop@example.com", ["ada@example.com"], "Your order")
        .with_html("<p>A-1007 is on its way.</p>");
    let sent = client.emails.send(email).await?;
    println!("{}", sent.id);
    Ok(())
}
