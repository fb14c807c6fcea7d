//! A service that opens an issue on GitHub.

use octocrab::Octocrab;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Octocrab::builder().personal_token(std::env::var("GITHUB_TOKEN")?).build()?;
    let issue = client.issues("owner", "repository").create("Order A-1007").body("It is on its way.").send().await?;
    println!("{}", issue.number);
    Ok(())
}
