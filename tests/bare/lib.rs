//! Nothing: the tests are those of `trycourier`. See `Cargo.toml`.
