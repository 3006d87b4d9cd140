//! Sizes as people write them: bytes, or with K, M or G.

use std::fmt;
use std::str::FromStr;

/// A number of bytes.
///
/// ```
/// use levy_ledger::ops::size::Size;
/// let size: Size = "512M".parse()?;
/// assert_eq!(size.bytes(), 512 * 1024 * 1024);
/// assert!("1000".parse::<Size>().is_ok_and(|size| size.bytes() == 1_000));
/// assert!("lots".parse::<Size>().is_err() && "0".parse::<Size>().is_err());
/// # Ok::<(), levy_ledger::ops::size::NotASize>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(u64);

/// A text that is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a size is a number of bytes above 0, or of K, M or G, such as 512M")]
pub struct NotASize;

impl Size {
    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, NotASize> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = text.get(digits.len()..).unwrap_or_default().to_ascii_uppercase();
        let unit: u64 = match unit.trim_end_matches("IB").trim_end_matches('B') {
            "" => 1,
            "K" => 1 << 10,
            "M" => 1 << 20,
            "G" => 1 << 30,
            _ => return Err(NotASize),
        };
        let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        bytes.filter(|bytes| *bytes > 0).map(Self).ok_or(NotASize)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
