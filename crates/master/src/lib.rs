//! Scale Out Master: the loops and the ClusterManagement API
