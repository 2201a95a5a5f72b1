//! What became of a transaction, as processors name it.

/// The state of a transaction in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Unknown,
    Queued,
    Received,
    Stored,
    Announced,
    Requested,
    Sent,
    Accepted,
    SeenInOrphans,
    Seen,
    SeenByMany,
    /// Seen among what waits for a block: either of the two may be mined.
    DoubleSpendAttempt,
    /// The other one was mined.
    DoubleSpent,
    Rejected,
    Mined,
    /// So deep in the chain that nobody expects it to change.
    Immutable,
    /// The path of one part of a block is known.
    PartOfPath,
    /// A block that was looked for is done with.
    BlockDone,
    /// A name that came later than this program.
    Other(String),
}

/// How a status is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// It is in a block.
    Done,
    /// The network knows of it.
    Seen,
    /// It is on its way.
    Waiting,
    /// Somebody should look.
    Doubtful,
    /// It will not be.
    Failed,
}

/// Names on the wire.
const NAMES: [(&str, Status); 19] = [
    ("UNKNOWN", Status::Unknown),
    ("QUEUED", Status::Queued),
    ("RECEIVED", Status::Received),
    ("STORED", Status::Stored),
    ("ANNOUNCED_TO_NETWORK", Status::Announced),
    ("REQUESTED_BY_NETWORK", Status::Requested),
    ("SENT_TO_NETWORK", Status::Sent),
    ("ACCEPTED_BY_NETWORK", Status::Accepted),
    ("SEEN_IN_ORPHAN_MEMPOOL", Status::SeenInOrphans),
    ("SEEN_ON_NETWORK", Status::Seen),
    ("SEEN_MULTIPLE_NODES", Status::SeenByMany),
    ("DOUBLE_SPEND_ATTEMPTED", Status::DoubleSpendAttempt),
    ("REJECTED", Status::Rejected),
    ("MINED", Status::Mined),
    ("IMMUTABLE", Status::Immutable),
    ("STUMP", Status::PartOfPath),
    ("BLOCK_PROCESSED", Status::BlockDone),
    ("doubleSpend", Status::DoubleSpent),
    ("doubleSpendAttempt", Status::DoubleSpendAttempt),
];

impl Status {
    pub(super) fn of_wire(name: &str) -> Self {
        match NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, status)) => status.clone(),
            None if name == "merkleProof" => Self::Mined,
            None => Self::Other(name.to_owned()),
        }
    }

    /// Whether this program has words for it.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// How it is to be taken.
    pub fn tone(&self) -> Tone {
        match self {
            Self::Mined | Self::Immutable | Self::PartOfPath | Self::BlockDone => Tone::Done,
            Self::Seen | Self::SeenByMany | Self::Accepted => Tone::Seen,
            Self::Queued
            | Self::Received
            | Self::Stored
            | Self::Announced
            | Self::Requested
            | Self::Sent
            | Self::Unknown
            | Self::Other(_) => Tone::Waiting,
            Self::SeenInOrphans | Self::DoubleSpendAttempt => Tone::Doubtful,
            Self::Rejected | Self::DoubleSpent => Tone::Failed,
        }
    }

    /// In words.
    pub fn words(&self) -> &str {
        match self {
            Self::Unknown => "Unknown to the processor",
            Self::Queued => "Queued",
            Self::Received => "Received",
            Self::Stored => "Stored",
            Self::Announced => "Announced to the network",
            Self::Requested => "Requested by the network",
            Self::Sent => "Sent to the network",
            Self::Accepted => "Accepted by the network",
            Self::SeenInOrphans => "Seen without its parents",
            Self::Seen => "Seen on network",
            Self::SeenByMany => "Seen by several nodes",
            Self::DoubleSpendAttempt => "Double spend attempt",
            Self::DoubleSpent => "Double spent",
            Self::Rejected => "Rejected",
            Self::Mined => "Mined",
            Self::Immutable => "Mined for good",
            Self::PartOfPath => "Mined, part of its path",
            Self::BlockDone => "Block processed",
            Self::Other(name) => name,
        }
    }
}
