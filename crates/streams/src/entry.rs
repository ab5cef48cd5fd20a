//! Conversion of the replies to stream commands into entries, without copies.

use crate::error::Error;
use messages::{EntryId, Fields};
use redis::Value;

/// One entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id, which grows along the stream.
    pub id: EntryId,
    /// The fields, as received.
    pub fields: Fields,
}

/// An entry, or the id of a deleted one.
pub(crate) enum Found {
    Entry(Entry),
    /// The entry was deleted while it was pending.
    Deleted(EntryId),
}

/// Parses `[[stream, entries], …]`, the reply to XREAD and XREADGROUP; nil if there are none.
pub(crate) fn streams(reply: Value) -> Result<Vec<(Vec<u8>, Value)>, Error> {
    let expected = || Error::unexpected("a list of streams");
    let pair = |value| match value {
        Value::Array(pair) => <[Value; 2]>::try_from(pair).map_err(|_| expected()),
        _ => Err(expected()),
    };
    let named = |(name, entries)| Ok((bytes(name)?, entries));
    match reply {
        Value::Nil => Ok(Vec::new()),
        Value::Map(streams) => streams.into_iter().map(named).collect(),
        Value::Array(streams) => streams
            .into_iter()
            .map(|stream| pair(stream).and_then(|[a, b]| named((a, b))))
            .collect(),
        _ => Err(expected()),
    }
}

/// Parses `[[id, [name, value, …]], …]`, the reply to XRANGE and part of that to XREAD.
pub(crate) fn entries(
    reply: Value,
) -> Result<impl ExactSizeIterator<Item = Result<Found, Error>>, Error> {
    Ok(array(reply, "a list of entries")?.into_iter().map(found))
}

/// Like [`entries`], without deleted ones.
pub(crate) fn existing(reply: Value) -> Result<Vec<Entry>, Error> {
    let mut existing = Vec::new();
    for found in entries(reply)? {
        if let Found::Entry(entry) = found? {
            existing.push(entry);
        }
    }
    Ok(existing)
}

fn found(entry: Value) -> Result<Found, Error> {
    let expected = "an id with its fields";
    let [id, fields] =
        <[Value; 2]>::try_from(array(entry, expected)?).map_err(|_| Error::unexpected(expected))?;
    let id = entry_id(&id)?;
    match fields {
        Value::Nil => Ok(Found::Deleted(id)),
        fields => Ok(Found::Entry(Entry { id, fields: self::fields(fields)? })),
    }
}

fn fields(value: Value) -> Result<Fields, Error> {
    let values = array(value, "names and values")?;
    let mut fields = Vec::with_capacity(values.len() / 2);
    let mut values = values.into_iter();
    while let (Some(name), Some(value)) = (values.next(), values.next()) {
        fields.push((text(name)?, bytes(value)?));
    }
    Ok(fields.into_iter().collect())
}

/// Parses an id, as XADD returns it.
pub(crate) fn entry_id(value: &Value) -> Result<EntryId, Error> {
    let text = match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text.as_str()),
        _ => None,
    };
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Error::unexpected("the id of an entry"))
}

pub(crate) fn array(value: Value, expected: &str) -> Result<Vec<Value>, Error> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(Error::unexpected(expected)),
    }
}

pub(crate) fn integer(value: &Value) -> Result<u64, Error> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
    .ok_or_else(|| Error::unexpected("a count"))
}

pub(crate) fn bytes(value: Value) -> Result<Vec<u8>, Error> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        // The client's parser has a special value for this text.
        Value::Okay => Ok(b"OK".to_vec()),
        _ => Err(Error::unexpected("a text")),
    }
}

/// Parses text. Velox writes only UTF-8; other bytes are replaced.
pub(crate) fn text(value: Value) -> Result<String, Error> {
    String::from_utf8(bytes(value)?)
        .or_else(|error| Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Parses a reply of alternating names and values.
pub(crate) fn table(reply: Value) -> Result<impl Iterator<Item = (String, Value)>, Error> {
    let pairs = reply.into_map_iter().map_err(|_| Error::unexpected("names and values"))?;
    Ok(pairs.filter_map(|(name, value)| Some((text(name).ok()?, value))))
}
