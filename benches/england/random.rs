//! Numbers that look random and are the same on every run.

use uuid::Uuid;

/// `SplitMix64`, which needs no seed of its own for every account: any number serves.
pub struct Random(u64);

impl Random {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from one to another, both included.
    pub fn within(&mut self, first: i32, last: i32) -> i32 {
        let span = u64::from(last.abs_diff(first)) + 1;
        first + i32::try_from(self.next() % span).unwrap_or(0)
    }

    /// Whether something happens that happens so often in a thousand.
    pub fn happens(&mut self, in_a_thousand: i32) -> bool {
        self.within(1, 1_000) <= in_a_thousand
    }

    /// One of several.
    pub fn one_of<T: Copy>(&mut self, several: &[T]) -> Option<T> {
        let at = usize::try_from(self.next()).unwrap_or(0).checked_rem(several.len())?;
        several.get(at).copied()
    }

    /// An id as it is made at a moment: later moments, later ids.
    pub fn id(&mut self, moment: u64) -> Uuid {
        const BEGUN: u128 = 0x0190_0000_0000;
        let random = u128::from(self.next());
        Uuid::from_u128((BEGUN + u128::from(moment)) << 80 | 0x7000 << 64 | 0b10 << 62 | (random >> 2))
    }
}
