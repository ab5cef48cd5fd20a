use std::env;
use std::io;
use std::thread::available_parallelism;
use tokio::runtime::{Builder, Runtime};

/// Creates the runtime of a service that shares its machine with the engine, Redis and others: one worker
/// thread for every two processors. With as many threads as processors, the threads of all processes
/// displace one another. `TOKIO_WORKER_THREADS`, which Tokio documents, sets another number.
///
/// # Errors
/// When the threads can't be started.
pub fn runtime() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if env::var_os("TOKIO_WORKER_THREADS").is_none() {
        let processors = available_parallelism().map_or(1, usize::from);
        builder.worker_threads(processors.div_ceil(2));
    }
    builder.enable_all().build()
}
