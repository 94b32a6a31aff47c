//! Package and project files as typed models
