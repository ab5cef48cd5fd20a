use super::ServerError;
use super::account::Account;
use super::error::log_tail;
use super::locate::PostgresBinaries;
use super::server::retry_while_passing;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The time that the last processes of a killed server may take to end.
const ORPHAN_PATIENCE: Duration = Duration::from_secs(10);

/// A PostgreSQL data folder, `data`, in a managed folder, while no server runs on it.
pub(super) struct Cluster<'a> {
    pub binaries: &'a PostgresBinaries,
    pub account: Option<&'a Account>,
    pub dir: &'a Path,
}

/// Creates the folder, owned by the user that PostgreSQL runs as.
pub(super) fn prepare_dir(dir: &Path, account: Option<&Account>) -> Result<(), ServerError> {
    fs::create_dir_all(dir).map_err(ServerError::io("make", dir))?;
    fs::set_permissions(dir, Permissions::from_mode(0o700))
        .map_err(ServerError::io("change permissions of", dir))?;
    match account {
        Some(account) => account.own(dir).and_then(|()| account.must_enter(dir)),
        None => Ok(()),
    }
}

impl Cluster<'_> {
    /// Runs `initdb` in a folder beside the final one, so that an interrupted run does not leave
    /// half a cluster.
    pub fn create_if_absent(
        &self,
        password: &str,
        more_options: &[&str],
    ) -> Result<(), ServerError> {
        let data = self.data();
        if data.exists() {
            return Ok(());
        }
        let partial = self.dir.join("data.partial");
        let mut result = Ok(());
        // Not every system has C.UTF-8; C knows upper and lower case in ASCII only.
        for locale in ["C.UTF-8", "C"] {
            if partial.exists() {
                fs::remove_dir_all(&partial).map_err(ServerError::io("remove", &partial))?;
            }
            result = self.initdb(&partial, password, locale, more_options);
            match &result {
                Err(ServerError::Exited { tail, .. }) if tail.contains("locale") => {}
                _ => break,
            }
        }
        result?;
        fs::rename(&partial, &data).map_err(ServerError::io("rename", &partial))
    }

    fn initdb(
        &self,
        data: &Path,
        password: &str,
        locale: &str,
        more_options: &[&str],
    ) -> Result<(), ServerError> {
        let password_file = self.dir.join("password");
        fs::write(&password_file, format!("{password}\n"))
            .map_err(ServerError::io("write", &password_file))?;
        fs::set_permissions(&password_file, Permissions::from_mode(0o600))
            .map_err(ServerError::io("change permissions of", &password_file))?;
        if let Some(account) = self.account {
            account.own(&password_file)?;
        }
        let mut initdb = Command::new(self.binaries.initdb());
        initdb.arg("-D").arg(data).arg("--pwfile").arg(&password_file);
        initdb.args(["-U", "postgres", "-E", "UTF8", "--locale", locale]);
        initdb.args(["--auth-host=scram-sha-256", "--auth-local=scram-sha-256"]);
        initdb.args(more_options);
        let result = self.run("initdb", initdb, "");
        fs::remove_file(&password_file).map_err(ServerError::io("remove", &password_file))?;
        result.map(drop)
    }

    /// Uses single-user mode, which needs neither a client nor the password.
    pub fn create_database_if_absent(&self, database: &str) -> Result<(), ServerError> {
        let query = format!("select 'present' from pg_database where datname = '{database}'");
        let deadline = Instant::now() + ORPHAN_PATIENCE;
        let present = retry_while_passing(deadline, || self.single_user(&query))?;
        if !present.contains("\"present\"") {
            self.single_user(&format!("create database {database}"))?;
        }
        Ok(())
    }

    fn single_user(&self, statement: &str) -> Result<String, ServerError> {
        let mut postgres = Command::new(self.binaries.postgres());
        postgres.args(["--single", "-D"]).arg(self.data()).arg("postgres");
        self.run("PostgreSQL", postgres, &format!("{statement}\n"))
    }

    /// Runs a tool to its end and returns its output; its errors go to the server's log.
    fn run(
        &self,
        name: &'static str,
        mut command: Command,
        input: &str,
    ) -> Result<String, ServerError> {
        let log = self.dir.join("server.log");
        let log_start = fs::metadata(&log).map_or(0, |log| log.len());
        let errors = File::options().create(true).append(true).open(&log);
        let errors = errors.map_err(ServerError::io("open", &log))?;
        command.env("LC_ALL", "C").current_dir(self.dir);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        let program = PathBuf::from(command.get_program());
        let failed = || ServerError::io("run", &program);
        let mut child = command.spawn().map_err(failed())?;
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // A tool that ended early logs the reason; the broken pipe adds nothing.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().map_err(failed())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let tail = log_tail(&log, log_start);
        Err(ServerError::Exited { server: name, status: output.status, log, tail })
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }
}
