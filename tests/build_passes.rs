//! The passes of the build script, on small documents.

#[allow(dead_code, reason = "the build script calls what the tests do not")]
#[path = "../build/generate.rs"]
mod generate;

#[test]
fn a_description_that_cannot_be_read_is_told_apart_from_one_that_cannot_be_generated() {
    let failure = |description: &str| {
        generate::generate(description, &generate::Features::from(["things".to_owned()])).err().unwrap_or_default()
    };
    assert!(failure("a: [").starts_with("the description is not YAML: "), "{}", failure("a: ["));
    assert!(failure("a: 1").contains("has no paths"), "{}", failure("a: 1"));
    let too_new = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents: {schemas: {}}\n";
    assert!(failure(too_new).contains("invalid version: 3.1.0"), "{}", failure(too_new));
    let two_successes = "
openapi: 3.0.3
info: {title: T, version: '1'}
paths:
  /things:
    get:
      operationId: things_get
      x-method: things.get
      responses:
        '200': {description: '', content: {application/json: {schema: {type: string}}}}
        '204': {description: ''}
components: {schemas: {}}
";
    assert!(
        failure(two_successes).starts_with("progenitor cannot read the description: "),
        "{}",
        failure(two_successes)
    );
}
