//! A service that sends an email by Amazon SES.

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let text = |text: &str| Content::builder().data(text).build();
    let message = Message::builder()
        .subject(text("Your order")?)
        .body(Body::builder().text(text("A-1007 is on its way.")?).build())
        .build();
    let sent = aws_sdk_sesv2::Client::new(&config)
        .send_email()
        .from_email_address("shop@example.com")
        .destination(Destination::builder().to_addresses("ada@example.com").build())
        .content(EmailContent::builder().simple(message).build())
        .send()
        .await?;
    println!("{}", sent.message_id().unwrap_or_default());
    Ok(())
}
