//! Verifies proofs.
