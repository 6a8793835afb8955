//! The sandbox through its own server.
