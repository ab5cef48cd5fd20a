//! The shards of the stack, as the documentation describes them: which account is in which, and how
//! their keys are called.

/// The numbers of a shard's outputs begin with its own number times this.
pub const FIRST_OUTPUTS: u64 = 1 << 26;

/// The number of an account's shard, of as many as there are: the last 32 bits of its id, modulo
/// their number.
pub fn shard_of(user_id: &str, shards: usize) -> usize {
    let digits: String = user_id.chars().filter(char::is_ascii_hexdigit).collect();
    let last = &digits[digits.len().saturating_sub(8)..];
    let bits = usize::from_str_radix(last, 16).unwrap_or_default();
    bits % shards.max(1)
}

/// The name of a key in a shard: with one shard, nothing has a number.
pub fn key(name: &str, shard: usize, shards: usize) -> String {
    if shards > 1 { format!("{name}:{{{shard}}}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_id_tells_the_shard() {
        let id = "01a20bc0-9a10-7313-9d4f-7a2effa3c781";
        assert_eq!(shard_of(id, 1), 0);
        assert_eq!(shard_of(id, 64), 0xffa3_c781 % 64);
        assert_eq!(shard_of(id, 3), 0xffa3_c781 % 3);
    }

    #[test]
    fn only_several_shards_have_numbers() {
        assert_eq!(key("request:stream", 0, 1), "request:stream");
        assert_eq!(key("request:stream:dead", 2, 3), "request:stream:dead:{2}");
    }
}
