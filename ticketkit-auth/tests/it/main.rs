//! What the security page demands, each check named by its id.
