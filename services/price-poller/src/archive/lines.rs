//! Reader of the lines of a plain or zipped file, holding one line in memory at a time.

use flate2::read::DeflateDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use zip::CompressionMethod;

/// The maximum length of a line; Binance's have about 80 bytes.
const LINE_LEN_MAX: usize = 1_024;

/// The largest compression ratio that is unpacked, against ZIP bombs; trades compress to a fifth.
const UNPACKED_RATIO_MAX: u64 = 100;

/// An iterator over lines that ends after the first I/O error.
pub struct Lines {
    reader: Box<dyn BufRead + Send>,
    is_over: bool,
}

/// The reason a line can't be read.
#[derive(Debug, thiserror::Error)]
pub enum NoLine {
    /// The line is longer than any line of an archive.
    #[error("it has more than {LINE_LEN_MAX} bytes")]
    TooLong,
    /// The line is not UTF-8.
    #[error("it is not UTF-8 text")]
    NotText,
    /// The file can't be read any further.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Lines {
    /// Opens a file, or the first file in a ZIP; returns none if the name of the latter is not
    /// expected.
    ///
    /// # Errors
    /// Returns an error when the file can't be opened, or is a damaged ZIP.
    pub fn open(path: &Path, is_expected: impl Fn(&str) -> bool) -> io::Result<Option<Self>> {
        let file = File::open(path)?;
        if path.extension().is_some_and(|extension| extension == "zip") {
            return Ok(unzip(file, is_expected)?.map(Self::new));
        }
        Ok(Some(Self::new(Box::new(BufReader::new(file)))))
    }

    fn new(reader: Box<dyn BufRead + Send>) -> Self {
        Self { reader, is_over: false }
    }

    /// Reads the next line; returns none at the end.
    fn read(&mut self) -> Result<Option<String>, NoLine> {
        let mut line = Vec::new();
        let len_max = u64::try_from(LINE_LEN_MAX).expect("a short line") + 1;
        self.reader.by_ref().take(len_max).read_until(b'\n', &mut line)?;
        if line.len() > LINE_LEN_MAX {
            if line.last() != Some(&b'\n') {
                self.reader.skip_until(b'\n')?;
            }
            return Err(NoLine::TooLong);
        }
        if line.is_empty() {
            return Ok(None);
        }
        String::from_utf8(line).map(Some).map_err(|_| NoLine::NotText)
    }
}

impl Iterator for Lines {
    type Item = Result<String, NoLine>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let line = self.read();
        // Further reads would return the same error forever.
        self.is_over = matches!(line, Ok(None) | Err(NoLine::Io(_)));
        line.transpose()
    }
}

/// Opens the first file in a ZIP. Its checksum can be verified only after unpacking all of it; so
/// it is unpacked twice, and the first result is discarded.
fn unzip(
    file: File,
    is_expected: impl Fn(&str) -> bool,
) -> io::Result<Option<Box<dyn BufRead + Send>>> {
    let file_len = file.metadata()?.len();
    let mut archive = zip::ZipArchive::new(file)?;
    let mut entry = archive.by_index(0)?;
    if !is_expected(&entry.name()?) {
        return Ok(None);
    }
    let (len, packed_len) = (entry.size(), entry.compressed_size().min(file_len));
    let wrong = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    if len / UNPACKED_RATIO_MAX > packed_len {
        return Err(wrong(format!("{packed_len} bytes that unpack to {len} are no recording")));
    }
    // Fails when the content is longer than declared.
    io::copy(&mut entry, &mut io::sink())?;
    let start = entry.data_start().ok_or_else(|| wrong("it has no content".to_owned()))?;
    let method = entry.compression();
    drop(entry);
    let mut file = archive.into_inner();
    file.seek(SeekFrom::Start(start))?;
    let packed = file.take(packed_len);
    match method {
        CompressionMethod::Stored => Ok(Some(Box::new(BufReader::new(packed)))),
        CompressionMethod::Deflated => {
            Ok(Some(Box::new(BufReader::new(DeflateDecoder::new(packed)))))
        }
        other => Err(wrong(format!("unsupported compression method {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let line = io::repeat(b'9').take(128 * 1024 * 1024);
        let reader = line.chain(&b"\nand another\n"[..]);
        let mut lines = Lines::new(Box::new(BufReader::new(reader)));
        assert!(matches!(lines.next(), Some(Err(NoLine::TooLong))));
        assert_eq!(lines.next().unwrap().unwrap(), "and another\n");
        assert!(lines.next().is_none());
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit() {
        for (len, is_line) in [(LINE_LEN_MAX - 1, true), (LINE_LEN_MAX, false)] {
            let text = format!("{}\nnext", "x".repeat(len));
            let mut lines = Lines::new(Box::new(io::Cursor::new(text)));
            assert_eq!(lines.next().unwrap().is_ok(), is_line, "{len}");
            assert_eq!(lines.next().unwrap().unwrap(), "next");
        }
    }

    #[test]
    fn a_file_that_can_not_be_read_ends() {
        // A folder can be opened but not read.
        let lines = Lines::open(Path::new("/"), |_| true).unwrap().unwrap();
        let found: Vec<_> = lines.take(3).collect();
        assert!(matches!(found[..], [Err(NoLine::Io(_))]), "{found:?}");
    }
}
