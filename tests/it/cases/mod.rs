//! Worked figures that the domain reproduces: a table a file.

mod transfers;
