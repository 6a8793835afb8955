//! Traces for an OpenTelemetry collector, where the operator names one: a span for each request, and inside it one for
//! each call to a platform and each step of a store.
//!
//! A span's fields are the route's template, names, statuses and ids of requests: nothing that a log line could not hold
//! (`T74`). Traces of callers are not continued: who sends a header would choose what the operator pays for.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

/// A collector that does not answer costs traces and nothing else.
const EXPORT_TIME: Duration = Duration::from_secs(5);

/// The way to the collector. Dropped, it sends what is still waiting.
pub(super) struct Traces(SdkTracerProvider);

/// No traces can be sent to this address.
#[derive(Debug, thiserror::Error)]
#[error("traces.otlp_endpoint: no traces can be sent: {0}")]
pub struct NoTraces(String);

impl Traces {
    /// Traces for the collector at `endpoint`, sent in batches by a thread of their own.
    ///
    /// # Errors
    /// Where no client can be made.
    pub(super) fn to(endpoint: &Url) -> Result<Self, NoTraces> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client()?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint.as_str())
            .with_timeout(EXPORT_TIME)
            .build()
            .map_err(|error| NoTraces(error.to_string()))?;
        let service = Resource::builder().with_service_name("handleproof").build();
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(service).build()))
    }

    /// What turns our own spans into traces.
    pub(super) fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: tracing::Subscriber + for<'s> LookupSpan<'s> + Send + Sync,
    {
        let tracer: SdkTracer = self.0.tracer("handleproof");
        let layer = OpenTelemetryLayer::new(tracer).with_location(false).with_threads(false);
        let ours = filter_fn(|about| about.is_span() && about.target().starts_with("handleproof"));
        layer.with_filter(ours).boxed()
    }
}

/// As the client for platforms: no proxy of the environment, no redirects. It has a runtime of its own, which must be made
/// outside of any other.
fn client() -> Result<reqwest::blocking::Client, NoTraces> {
    // A second installation changes nothing.
    let _already_there = rustls::crypto::ring::default_provider().install_default();
    let build = || {
        let client = reqwest::blocking::Client::builder();
        client.no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(EXPORT_TIME).build()
    };
    let built = std::thread::spawn(build).join().map_err(|_| NoTraces("its client panicked".to_owned()))?;
    built.map_err(|error| NoTraces(error.without_url().to_string()))
}

impl Drop for Traces {
    fn drop(&mut self) {
        let _collector_is_gone = self.0.shutdown_with_timeout(EXPORT_TIME);
    }
}
