//! Help that no generator can give.
