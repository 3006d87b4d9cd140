//! Reading much on two connections at a time.

use crate::domain::journal::Seq;
use crate::storage::columns::Stored;
use crate::storage::connection::Db;
use crate::storage::sums::KEYS_AT_ONCE;

/// From how many keys on a second connection is worth its while.
const WORTH_TWO: usize = 64;

/// Reads keys in chunks, two chunks at a time where there is a connection beside. `take` is given what
/// was read in the order of the keys.
pub(super) fn by_two<T: Send>(
    (db, beside): (&mut Db, Option<&mut Db>),
    keys: &[Seq],
    read: impl Fn(&mut Db, &[Seq]) -> Stored<T> + Sync,
    mut take: impl FnMut(T),
) -> Stored<()> {
    let Some(beside) = beside.filter(|_| keys.len() >= WORTH_TWO) else {
        for keys in keys.chunks(KEYS_AT_ONCE) {
            take(read(db, keys)?);
        }
        return Ok(());
    };
    let mut chunks = keys.chunks(keys.len().div_ceil(2).min(KEYS_AT_ONCE));
    while let Some(first) = chunks.next() {
        let second = chunks.next().unwrap_or_default();
        let (first, second) = std::thread::scope(|both| {
            let second = both.spawn(|| read(beside, second));
            (read(db, first), second.join())
        });
        take(first?);
        take(second.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))?);
    }
    Ok(())
}
