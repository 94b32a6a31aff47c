//! Who runs what: scale-out tasks, leases, fences, and the messages about them
