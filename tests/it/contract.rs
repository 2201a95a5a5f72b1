//! The wire contract and the tests that carry its numbers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_rule_of_the_contract_has_a_test_and_every_number_a_rule() {
    let contract = include_str!("../../src/api/PROTOCOL.md");
    let (_, rules) = contract.split_once("\n# Rules\n").expect("the rules");
    let rules: BTreeSet<u32> = rules.lines().filter(|line| line.contains(". ")).filter_map(number).collect();
    let tested: BTreeSet<u32> = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"))
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
        .map(|file| fs::read_to_string(file).expect("text"))
        .flat_map(|text| text.split("fn case_").skip(1).filter_map(number).collect::<Vec<_>>())
        .collect();
    assert_eq!(tested, rules, "numbers in the names of tests, and rules");
    let last = *rules.last().expect("rules");
    assert!((1..=last).all(|rule| rules.contains(&rule)), "a number is left out: {rules:?}");
}

/// The number that the text begins with.
fn number(text: &str) -> Option<u32> {
    text.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of the tests");
    entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}
