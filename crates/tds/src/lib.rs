//! TDS bytes to messages and back
