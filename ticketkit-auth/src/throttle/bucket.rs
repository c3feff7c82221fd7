//! Under what an attempt is counted.

use std::net::IpAddr;

use aws_lc_rs::digest;

/// One subscriber has a whole /64 of IPv6 addresses.
pub(super) fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

/// Hashed, because accounts are as long as clients like.
pub(super) fn pair(account: &str, address: IpAddr) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&network(address).to_be_bytes());
    context.update(account.as_bytes());
    let mut pair = [0; 16];
    pair.copy_from_slice(&context.finish().as_ref()[..16]);
    pair
}
