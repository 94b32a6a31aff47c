//! Certificates, thumbprints and the TLS settings made of them
