//! What readers cost who wait for something to happen.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use futures::stream::{StreamExt, iter};
use tests::publish;
use tests::{Servers, events_of, generated_documents, program, project_until, projector_settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Readers that wait.
const READERS: usize = 2_000;

/// Readers that begin at the same time.
const AT_ONCE: usize = 40;

/// Bytes that all of them may take together.
const MOST: u64 = 100_000_000;

/// A query API in a process of its own.
struct Process {
    child: Child,
    address: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(database: &str, directory: &std::path::Path) -> Self {
        let mut command = Command::new(program().unwrap());
        command.arg("--data-dir").arg(directory);
        command.args(["serve", "query-api", "--listen", "127.0.0.1:0"]);
        command.args(["--database-url", database]);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut said).unwrap();
        let address = said.split_whitespace().last().unwrap();
        let address = address.trim_end_matches('.').replace("http://", "");
        Self { child, address }
    }

    /// Bytes of memory that it holds.
    fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let mut lines = status.lines();
        let held = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kibibytes = held.split_whitespace().next().unwrap();
        kibibytes.parse::<u64>().unwrap() * 1_024
    }
}

/// Asks for a stream, and reads the first that is told on it.
async fn begin(address: &str, path: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    // An event ends with an empty line, after those that the headers end with.
    while !String::from_utf8_lossy(&told).contains("\nevent: ") {
        let read = connection.read_buf(&mut told).await.unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&told));
    }
    assert!(told.starts_with(b"HTTP/1.1 200"));
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_readers_that_wait_take_less_than_a_hundred_megabytes() {
    let servers = Servers::start().await.unwrap();
    let (pool, database) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(&generated_documents(4, 300).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    let settings = projector_settings("projector", 500);
    project_until(&pool, &log, settings).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(&database, directory.path());
    let paths = [
        "/api/v1/stream/contributions",
        "/api/v1/stream/leaderboards/global",
    ];
    // What is made once for all is there before it is measured.
    let mut open = Vec::new();
    for path in paths {
        open.push(begin(&process.address, path).await);
    }
    let before = process.memory();
    let readers = (0..READERS).map(|reader| begin(&process.address, paths[reader % 2]));
    let readers: Vec<TcpStream> = iter(readers).buffer_unordered(AT_ONCE).collect().await;
    let grown = process.memory().saturating_sub(before);
    let metrics = format!("http://{}/metrics", process.address);
    let metrics = reqwest::get(metrics).await.unwrap().text().await.unwrap();
    let told = metrics
        .lines()
        .filter(|line| line.starts_with("live_streams_open"))
        .filter_map(|line| line.split_whitespace().last()?.parse::<f64>().ok());
    let open_there: f64 = told.sum();
    assert!(open_there >= 2_000.0, "{open_there} of {READERS} are open");
    println!("{READERS} readers take {grown} bytes");
    assert!(grown < MOST, "{READERS} readers take {grown} bytes");
    drop((open, readers));
}
