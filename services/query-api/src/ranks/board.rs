//! One board over all repositories in memory: what everybody has, and how many
//! have more.

use std::collections::HashMap;

use domain::{AccountClass, AccountReference, ClassFilter, RankHistogram};

/// What a member has: the value above two bits that tell the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Held(i64);

impl Held {
    const CLASS_BITS: u32 = 2;

    fn new(class: AccountClass, value: i64) -> Self {
        Self(value << Self::CLASS_BITS | class as i64)
    }

    fn value(self) -> i64 {
        self.0 >> Self::CLASS_BITS
    }

    fn class(self) -> AccountClass {
        match self.0 & 3 {
            0 => AccountClass::Human,
            1 => AccountClass::Bot,
            2 => AccountClass::Agent,
            _ => AccountClass::Hidden,
        }
    }
}

/// Where a contributor stands on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rank {
    pub(crate) class: AccountClass,
    /// What the board is ordered by.
    pub(crate) value: i64,
    /// The place; `None` for who is not on the board.
    pub(crate) rank: Option<u64>,
    /// Contributors on the board.
    pub(crate) members: u64,
}

/// The values of a metric in a period. Accounts whose id is known, which are
/// nearly all, are kept as numbers: some 30 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RankBoard {
    by_id: HashMap<u64, Held>,
    by_name: HashMap<AccountReference, Held>,
    /// By class, in the order of [`AccountClass::ALL`].
    histograms: [RankHistogram; AccountClass::ALL.len()],
}

/// The number that a reference stands for, if it is written as such a number
/// is.
fn id_of(contributor: &AccountReference) -> Option<u64> {
    let id: u64 = contributor.as_str().parse().ok()?;
    (AccountReference::from_id(id) == *contributor).then_some(id)
}

/// A board that is being read: members are counted when all are there.
#[derive(Default)]
pub(super) struct Filling(RankBoard);

impl Filling {
    /// With room for so many members.
    pub(super) fn with_capacity(members: usize) -> Self {
        Self(RankBoard {
            by_id: HashMap::with_capacity(members),
            ..RankBoard::default()
        })
    }

    /// Takes a member's row; each is told once.
    pub(super) fn put(&mut self, contributor: AccountReference, class: AccountClass, value: i64) {
        let held = Held::new(class, value);
        match id_of(&contributor) {
            Some(id) => self.0.by_id.insert(id, held),
            None => self.0.by_name.insert(contributor, held),
        };
    }

    pub(super) fn finish(self) -> RankBoard {
        let Self(mut board) = self;
        let mut counted: HashMap<Held, u64> = HashMap::new();
        for held in board.by_id.values().chain(board.by_name.values()) {
            *counted.entry(*held).or_default() += 1;
        }
        for (held, members) in counted {
            board.histograms[held.class() as usize].add(held.value(), members);
        }
        board
    }
}

impl RankBoard {
    /// Puts a contributor where they stand now; who has nothing is taken off.
    pub(crate) fn place(&mut self, contributor: AccountReference, class: AccountClass, value: i64) {
        let held = Some(Held::new(class, value)).filter(|_| value > 0);
        let before = match (id_of(&contributor), held) {
            (Some(id), Some(held)) => self.by_id.insert(id, held),
            (Some(id), None) => self.by_id.remove(&id),
            (None, Some(held)) => self.by_name.insert(contributor, held),
            (None, None) => self.by_name.remove(&contributor),
        };
        if let Some(before) = before {
            self.histograms[before.class() as usize].remove(before.value());
        }
        if held.is_some() {
            self.histograms[class as usize].add(value, 1);
        }
    }

    /// Where a contributor stands; `None` where nothing is known of them.
    pub(crate) fn rank(&self, contributor: &AccountReference, filter: ClassFilter) -> Option<Rank> {
        let held = match id_of(contributor) {
            Some(id) => self.by_id.get(&id),
            None => self.by_name.get(contributor),
        }?;
        let (class, value) = (held.class(), held.value());
        let shown = filter.classes();
        let histograms = || shown.iter().map(|class| &self.histograms[*class as usize]);
        let above = || -> u64 { histograms().map(|one| one.members_above(value)).sum() };
        Some(Rank {
            class,
            value,
            rank: shown.contains(&class).then(|| above() + 1),
            members: histograms().map(RankHistogram::members).sum(),
        })
    }

    /// The memory it takes, roughly, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let by_id = self.by_id.capacity() * (size_of::<(u64, Held)>() + 2);
        let by_name = self.by_name.capacity() * (size_of::<(AccountReference, Held)>() + 2);
        (by_id + by_name) as u64
    }
}
