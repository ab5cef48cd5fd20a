use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ends a throw-away server and removes its folder when this process dies without doing so, whether
/// by `kill -9` or because the server is in a `static`.
///
/// A shell reads from a pipe whose only writer is this process: the kernel closes it when the
/// process dies, however that happens.
pub(super) struct Leash {
    shell: Child,
}

/// `$1` is the folder, `$2` the signal. Each line read is the server's current pid.
const SCRIPT: &str = r#"
pid=
while read -r line; do
    [ "$line" = released ] && exit 0
    pid=$line
done
if [ -n "$pid" ]; then
    kill -CONT "$pid"
    kill "-$2" "$pid"
    tries=0
    while kill -0 "$pid" && [ "$tries" -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -KILL "$pid"
fi
rm -rf -- "$1"
"#;

impl Leash {
    pub fn new(dir: &Path, signal: &str) -> std::io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "leash"]).arg(dir).arg(signal).current_dir("/");
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Self { shell: shell.spawn()? })
    }

    /// Sets the process to end; `None` for no process.
    pub fn hold(&mut self, pid: Option<u32>) {
        self.tell(&pid.map(|pid| pid.to_string()).unwrap_or_default());
    }

    fn tell(&mut self, line: &str) {
        if let Some(pipe) = &mut self.shell.stdin {
            // A shell that was killed is no reason to fail a test.
            let _ = writeln!(pipe, "{line}");
        }
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.tell("released");
        let _ = self.shell.wait();
    }
}
