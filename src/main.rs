//! The executable: parses the command line, runs it, prints one error chain, sets the exit code.

fn main() {}
