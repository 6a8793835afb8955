//! Recorded accounts: who is written down, when, for whom, and how it is forgotten.
