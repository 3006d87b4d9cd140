//! What holds for all figures, not only for those worked out by hand.

mod transfers;
