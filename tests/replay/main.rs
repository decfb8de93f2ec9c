//! Recorded streams through dialect and replica.
