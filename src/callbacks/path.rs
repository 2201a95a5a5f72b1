//! Merkle paths as ARC and Arcade send them (BUMP, BRC-74), and the root that follows from one.

use std::collections::BTreeMap;

use crate::callbacks::hash::{Hash, decoded};
use crate::callbacks::proof::Fault;

/// Hashes of a path that are computed with: about 20 ms of a processor. The path of one transaction has 40.
const MOST_LEAVES: usize = 16 * 1024;

/// The highest tree that has a number for each transaction.
const MOST_LEVELS: u8 = 64;

const NO_PATH: Fault = Fault::Unreadable("it is not a path as BRC-74 has it");
const TOO_LONG: Fault = Fault::Unreadable("it has more hashes than are looked at");

/// What a path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub height: u64,
    pub root: Hash,
    /// What it leads from: transactions, and what stands beside them. In order.
    ids: Vec<Hash>,
}

impl Path {
    /// Whether it leads from this transaction to the root.
    pub fn names(&self, txid: Hash) -> bool {
        self.ids.binary_search(&txid).is_ok()
    }
}

/// What a path knows of a place in a level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaf {
    Hash(Hash),
    /// The same as beside it, which stands at the end of a level.
    Duplicate,
}

impl Leaf {
    fn hash(self) -> Option<Hash> {
        match self {
            Self::Hash(hash) => Some(hash),
            Self::Duplicate => None,
        }
    }
}

type Level = BTreeMap<u64, Leaf>;

/// Computes the root of a path, with each transaction that it names.
pub fn follow(hex: &str) -> Result<Path, Fault> {
    let bytes = decoded(hex).ok_or(Fault::Unreadable("it is not hexadecimal"))?;
    let (height, mut levels) = parse(&bytes)?;
    let leaves = levels.first().into_iter().flat_map(Level::values);
    let mut ids: Vec<_> = leaves.filter_map(|leaf| leaf.hash()).collect();
    ids.sort_unstable();
    // A block with one transaction: that is the root itself.
    if let [only] = levels.as_slice()
        && let Some((0, Leaf::Hash(root))) = only.first_key_value().map(|(at, leaf)| (*at, *leaf))
        && only.len() == 1
    {
        return Ok(Path { height, root, ids });
    }
    let mut below = Level::new();
    for level in &mut levels {
        for (at, computed) in below {
            match level.insert(at, computed) {
                Some(said) if said != computed => {
                    return Err(Fault::Inconsistent("two parts of it lead to different hashes"));
                }
                Some(_) | None => {}
            }
        }
        below = above(level)?;
    }
    match below.first_key_value() {
        Some((0, Leaf::Hash(root))) if below.len() == 1 => Ok(Path { height, root: *root, ids }),
        _ => Err(Fault::Inconsistent("it does not lead to one root")),
    }
}

/// The level above one, as far as it follows from it.
fn above(level: &Level) -> Result<Level, Fault> {
    let mut above = Level::new();
    for (at, leaf) in level {
        let Leaf::Hash(hash) = *leaf else {
            let has_left = at % 2 == 1 && matches!(level.get(&(at - 1)), Some(Leaf::Hash(_)));
            if !has_left {
                return Err(Fault::Inconsistent("a hash is said to be the same as one that is missing"));
            }
            continue;
        };
        let parent = match (at % 2, level.get(&(at ^ 1))) {
            (0, Some(Leaf::Hash(right))) => Hash::above(hash, *right),
            (0, Some(Leaf::Duplicate)) => Hash::above(hash, hash),
            // It was computed with the one to its left.
            (1, Some(_)) => continue,
            _ => return Err(Fault::Inconsistent("a hash is missing in it")),
        };
        above.insert(at / 2, Leaf::Hash(parent));
    }
    Ok(above)
}

fn parse(bytes: &[u8]) -> Result<(u64, Vec<Level>), Fault> {
    let mut rest = Rest(bytes);
    let height = rest.number()?;
    let levels = rest.byte()?;
    if levels == 0 || levels > MOST_LEVELS {
        return Err(NO_PATH);
    }
    let (mut path, mut leaves) = (Vec::new(), 0_usize);
    for level in 0..levels {
        let count = usize::try_from(rest.number()?).map_err(|_| NO_PATH)?;
        leaves = leaves.saturating_add(count);
        // Each takes two bytes at least, so a large number without them is none.
        if count > rest.0.len() / 2 {
            return Err(NO_PATH);
        }
        if leaves > MOST_LEAVES {
            return Err(TOO_LONG);
        }
        path.push(rest.level(count, levels - level)?);
    }
    if rest.0.is_empty() { Ok((height, path)) } else { Err(NO_PATH) }
}

/// Bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(NO_PATH)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// A number of one, three, five or nine bytes.
    fn number(&mut self) -> Result<u64, Fault> {
        Ok(match self.byte()? {
            0xfd => u16::from_le_bytes(self.take()?).into(),
            0xfe => u32::from_le_bytes(self.take()?).into(),
            0xff => u64::from_le_bytes(self.take()?),
            small => small.into(),
        })
    }

    /// The hashes of a level that has so many above it, with the root.
    fn level(&mut self, count: usize, above: u8) -> Result<Level, Fault> {
        let mut level = Level::new();
        for _ in 0..count {
            let at = self.number()?;
            let leaf = match self.byte()? {
                0 | 2 => Leaf::Hash(Hash::of_bytes(self.take()?)),
                1 => Leaf::Duplicate,
                _ => return Err(NO_PATH),
            };
            let is_beside = at.checked_shr(above.into()).is_some_and(|beyond| beyond > 0);
            if is_beside || level.insert(at, leaf).is_some() {
                return Err(NO_PATH);
            }
        }
        Ok(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of 13 transactions, made by a program of its own in another language: the paths of number 5, of number
    /// 12, which stands alone at the end, and of numbers 3 and 12 together.
    const ROOT: &str = "42a5c2cc06558aad4c202c5e6c540ab2474840657cae224d9c44159b0ba274fd";
    const FIFTH: (&str, &str) = (
        "cf5acea19143838ad019dc23333dbacfd7e5e46bc26627cf917e06bbe8ccc0a8",
        "fe32240d000402040041b637cfd9eb3e2f60f734f9ca44e5c1559c6f481d49d6ed6891f3e9a086ac780502a8c0cce8bb067e91cf\
         2766c26be4e5d7cfba3d3323dc19d08a834391a1ce5acf0103003da9193091b4cb9b9668525a61ca458102bc8a763f5203fc85c2\
         bae8f562dd75010000c05116dd36c68db8709c64fe765959c54242548c56beded17b7621017631cd5b010100dde11710e3359de1\
         5858b69d3166208faf70aa296bdaafae2bda6ab851b446fa",
    );
    const LAST: (&str, &str) = (
        "6aa6e138ed482c0b7194f3cc57bf8a3c8408101800f0a24abcaa4523f199feae",
        "fe32240d0004020c02aefe99f12345aabc4aa2f000181008843c8abf57ccf394710b2c48ed38e1a66a0d01010701010200b11e9f\
         f00c76f7387b981cace93c507ea80bd024917ae2560c00afb607c152a3010000b3019c0eaeb74f264794540e4691c8d92f10135c\
         a9dc8ee396653a8496e6420b",
    );
    const BOTH: &str = "fe32240d000404020027ca64c092a959c7edc525ed45e845b1de6a7590d173fd2fad9133c8a7\
         79a1e303021f3cb18e896256d7d6\
         bb8c11a6ec71f005c75de05e39beae5d93bbd1e2c8b7a90c02aefe99f12345aabc4aa2f000181008843c8abf57ccf394710b2c48\
         ed38e1a66a0d01020000da73db587a6f933c2ab7b6ef5c6fad220a6b7e865d212f125508b9ea879bc07a07010201000fb4bb3607\
         23c592c5bcf04561c50c9479c1c0821370f03b4acf5f3076185f8c0200b11e9ff00c76f7387b981cace93c507ea80bd024917ae2\
         560c00afb607c152a300";
    const ALONE: (&str, &str) = (
        "f611d5153a6f19f645baacf68a7ce06f5667b0509b0cec4895fa77e53f60cd95",
        "010101000295cd603fe577fa9548ec0c9b50b067566fe07c8af6acba45f6196f3a15d511f6",
    );

    fn root(txid: &str, hex: &str) -> Result<String, Fault> {
        let path = follow(hex)?;
        assert!(Hash::parse(txid).is_some_and(|txid| path.names(txid)), "{txid}");
        Ok(format!("{} {}", path.height, path.root))
    }

    #[test]
    fn paths_lead_to_the_root() {
        let expected = Ok(format!("861234 {ROOT}"));
        assert_eq!(root(FIFTH.0, FIFTH.1), expected);
        assert_eq!(root(LAST.0, LAST.1), expected);
        assert_eq!(root(LAST.0, BOTH), expected);
        assert_eq!(root(ALONE.0, ALONE.1), Ok(format!("1 {}", ALONE.0)));
    }

    #[test]
    fn paths_that_contradict_themselves_lead_nowhere() {
        let of_another = follow(FIFTH.1).expect("a path");
        assert!(Hash::parse(LAST.0).is_some_and(|txid| !of_another.names(txid)));
        // A hash of the second transaction's way that belongs to no tree with the first.
        let changed = BOTH.replacen("7a07", "7a08", 1);
        assert_ne!(changed, BOTH);
        assert_ne!(follow(&changed), follow(BOTH));
        for end in (0..FIFTH.1.len()).step_by(2) {
            assert!(follow(&FIFTH.1[..end]).is_err(), "cut at {end}");
        }
        for wrong in
            [format!("{}00", FIFTH.1), FIFTH.1.replace("fe32240d0004", "fe32240d0003"), "0".to_owned()]
        {
            assert!(matches!(follow(&wrong), Err(Fault::Unreadable(_))), "{wrong}");
        }
    }
}
