//! Lists filtered by what no index knows: read on in order until a page is full.

use super::columns::Stored;
use crate::domain::journal::Seq;

/// How many rows are looked at in one query.
const STRIDE: i64 = 1_000;

/// Up to `limit` items after a key that are to be kept, oldest first. `fetch` gives up to so many
/// items after a key, each with its key.
pub(crate) fn scan<T>(
    after: Seq,
    limit: i64,
    mut fetch: impl FnMut(Seq, i64) -> Stored<Vec<(Seq, T)>>,
    keep: impl Fn(&T) -> bool,
) -> Stored<Vec<(Seq, T)>> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let mut found = Vec::new();
    let mut from = Some(after);
    while let Some(after) = from.filter(|_| found.len() < limit) {
        let rows = fetch(after, STRIDE)?;
        let full = i64::try_from(rows.len()).is_ok_and(|rows| rows == STRIDE);
        from = rows.last().map(|(key, _)| *key).filter(|_| full);
        found.extend(rows.into_iter().filter(|(_, item)| keep(item)));
    }
    found.truncate(limit);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(after: Seq, limit: i64) -> Stored<Vec<(Seq, i64)>> {
        Ok((after + 1..=2_500).take(usize::try_from(limit).unwrap()).map(|n| (n, n)).collect())
    }

    #[test]
    fn a_page_is_filled_from_as_many_strides_as_it_takes() {
        let found = scan(0, 2, numbers, |n| n % 1_100 == 0).unwrap();
        assert_eq!(found, [(1_100, 1_100), (2_200, 2_200)]);
        assert_eq!(scan(2_200, 5, numbers, |n| n % 1_100 == 0).unwrap(), []);
        assert_eq!(scan(2_000, 3, numbers, |_| true).unwrap().len(), 3);
    }
}
