use super::ServerError;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The user that PostgreSQL runs as when this process is root, which PostgreSQL refuses to be.
#[derive(Clone, Debug)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// Returns `None` when this process is not root: then PostgreSQL runs as the same user.
    pub fn for_postgres() -> Result<Option<Self>, ServerError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let passwd = Path::new("/etc/passwd");
        let users = fs::read_to_string(passwd).map_err(ServerError::io("read", passwd))?;
        let found = ["postgres", "nobody"].iter().find_map(|name| Self::parse(&users, name));
        found.map(Some).ok_or(ServerError::NoAccount)
    }

    fn parse(passwd: &str, wanted: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next().filter(|name| *name == wanted)?.to_owned();
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(Self { name, uid, gid })
        })
    }

    pub fn uid(&self) -> u32 {
        self.uid
    }

    pub fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    pub fn own(&self, path: &Path) -> Result<(), ServerError> {
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(ServerError::io("change owner of", path))
    }

    /// Asks the kernel instead of reading permission bits, because groups and ACLs count as well.
    pub fn can_enter(&self, dir: &Path) -> bool {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "cd \"$0\""]).arg(dir).current_dir("/").stderr(Stdio::null());
        self.apply(&mut shell);
        shell.status().is_ok_and(|status| status.success())
    }

    pub fn must_enter(&self, dir: &Path) -> Result<(), ServerError> {
        if self.can_enter(dir) {
            return Ok(());
        }
        Err(ServerError::Unreachable { user: self.name.clone(), dir: dir.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn finds_the_user_by_its_whole_name() {
        let passwd = "postgresx:x:1:2:::\npostgres:x:101:104:PostgreSQL,,,:/var/lib:/bin/bash\n";
        let account = Account::parse(passwd, "postgres").unwrap();
        assert_eq!((account.uid, account.gid), (101, 104));
        assert!(Account::parse(passwd, "nobody").is_none());
    }
}
