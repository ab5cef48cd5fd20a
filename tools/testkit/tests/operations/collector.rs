//! A minimal trace collector: accepts OTLP over HTTP and keeps the spans.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A span, with its ids as in a `traceparent`.
#[derive(Clone, Debug)]
pub struct Collected {
    pub service: String,
    pub name: String,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub began_ns: u64,
    pub ended_ns: u64,
}

#[derive(Clone, Default)]
pub struct Collector {
    spans: Arc<Mutex<Vec<Collected>>>,
}

impl Collector {
    /// Starts to listen; returns the collector and its URL as services expect it.
    pub async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let keeper = collector.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(keeper.clone().serve(stream));
            }
        });
        (collector, endpoint)
    }

    /// The spans of a trace so far.
    pub fn of_trace(&self, trace: &str) -> Vec<Collected> {
        let spans = self.spans.lock().unwrap();
        spans.iter().filter(|span| span.trace == trace).cloned().collect()
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(body) = read_request(&mut stream).await {
            self.take(&ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    fn take(&self, request: &ExportTraceServiceRequest) {
        for resource_spans in &request.resource_spans {
            let attributes = &resource_spans.resource.as_ref().unwrap().attributes;
            let name = attributes.iter().find(|attribute| attribute.key == "service.name").unwrap();
            let Some(Value::StringValue(service)) = name.value.clone().unwrap().value else {
                panic!("a service's name is a text");
            };
            let spans = resource_spans.scope_spans.iter().flat_map(|scope| &scope.spans);
            self.spans.lock().unwrap().extend(spans.map(|span| Collected {
                service: service.clone(),
                name: span.name.clone(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                began_ns: span.start_time_unix_nano,
                ended_ns: span.end_time_unix_nano,
            }));
        }
    }
}

/// The body of a POST request; `None` when the connection has ended.
async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        } else if line.starts_with("post ") {
            assert!(line.contains("/v1/traces"), "{line}");
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(body)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
