//! Scale Out Worker: claims, runs in child processes, reports
