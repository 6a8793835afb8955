//! What an operator may choose about logs and traces. Reads nothing: the configuration does.

use url::Url;

/// `[log]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// `format`.
    pub format: LogFormat,
    /// `level`: nothing finer than this is written.
    pub level: tracing::Level,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Json, level: tracing::Level::INFO }
    }
}

/// `[traces]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// `otlp_endpoint`: where an OpenTelemetry collector takes traces over HTTP, its path included
    /// (`http://127.0.0.1:4318/v1/traces`). None are made where it is not set.
    pub otlp_endpoint: Option<Url>,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `json`: one object per line.
    Json,
    /// `pretty`: for people.
    Pretty,
}
