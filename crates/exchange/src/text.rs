//! Short texts as numbers. Their bytes are read as words, some of them twice: a copy of a length
//! that is not known before is a call, which takes longer than the rest.

/// Returns a text of up to 16 bytes as the number that a [`messages::Symbol`] of these letters has.
pub fn number_of(text: &[u8]) -> Option<u128> {
    let (words, rest) = text.as_chunks();
    let number = |words: [u64; 2]| u128::from(words[0]) | u128::from(words[1]) << 64;
    let word = |word: &[u8; 8]| u64::from_le_bytes(*word);
    match (words, rest) {
        ([], rest) => Some(number([padded(rest), 0])),
        ([low], rest) => Some(number([word(low), padded(rest)])),
        ([low, high], []) => Some(number([word(low), word(high)])),
        _ => None,
    }
}

/// Returns up to seven bytes as a word that zeros fill up.
pub fn padded(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
        return first | last << (8 * (bytes.len() - 4));
    }
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use messages::Symbol;

    #[test]
    fn a_symbol_has_the_number_of_its_text() {
        let longest = "ABCDEFGHIJKLM012";
        for len in 2..=16 {
            let text = &longest[..len];
            let symbol: Symbol = text.parse().unwrap();
            assert_eq!(number_of(text.as_bytes()), Some(symbol.to_number()), "{text}");
        }
        assert_eq!(number_of(b"ABCDEFGHIJKLM0123"), None);
    }
}
