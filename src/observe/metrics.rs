//! What is counted and timed, in one place: every name and every label.
//!
//! Labels are bounded: platforms of the catalogue, routes, outcomes and codes that the code names. Nothing that a
//! stranger can choose becomes a label (`T75`).

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use foldhash::{HashMap, HashMapExt};
use metrics::{
    Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

const SESSIONS_CREATED: &str = "handleproof_sessions_created_total";
const SESSIONS_ENDED: &str = "handleproof_sessions_ended_total";
const LINKS_OPENED: &str = "handleproof_links_opened_total";
const REQUESTS: &str = "handleproof_request_duration_seconds";
const REFUSALS: &str = "handleproof_refusals_total";
const PLATFORM_CALLS: &str = "handleproof_platform_call_duration_seconds";
const LOG_LINES_DROPPED: &str = "handleproof_log_lines_dropped_total";
const STORE_CALLS: &str = "handleproof_store_call_duration_seconds";
const LIVE_SESSIONS: &str = "handleproof_live_sessions";

/// From a memory store's tenth of a millisecond to a platform's last second.
const BUCKETS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 5.0, 10.0];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts counting in this process, and gives the handle that renders what was counted. Before this nothing is kept.
pub fn install() -> Option<PrometheusHandle> {
    let install = || {
        let builder =
            PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("seconds".to_owned()), &BUCKETS);
        let handle = builder.ok()?.install_recorder().ok()?;
        describe();
        // From the start, so that the first drops are an increase and no new series.
        counter!(LOG_LINES_DROPPED).absolute(0);
        Some(handle)
    };
    RECORDER.get_or_init(install).clone()
}

/// How often to [`keep_small`].
pub const UPKEEP: Duration = Duration::from_secs(1);

/// Sums up what was timed, each time that `often` has passed. The recorder keeps every single time until then, or until somebody reads the
/// metrics: where nobody does, its memory would grow with each request.
pub async fn keep_small(handle: PrometheusHandle, often: Duration) {
    let mut timer = tokio::time::interval(often);
    loop {
        timer.tick().await;
        handle.run_upkeep();
    }
}

fn describe() {
    describe_counter!(SESSIONS_CREATED, "Sessions made, by platform");
    describe_counter!(LINKS_OPENED, "Links that were opened and led to the platform, by platform");
    describe_counter!(SESSIONS_ENDED, "Sessions that ended, by platform and outcome");
    describe_histogram!(REQUESTS, "Time until the head of an answer, by method, route and status");
    describe_counter!(REFUSALS, "Requests that were refused, by audience and code");
    describe_histogram!(PLATFORM_CALLS, "Calls to platforms, by platform, call and result");
    describe_counter!(LOG_LINES_DROPPED, "Log lines that were dropped, since their reader did not keep up");
    describe_histogram!(STORE_CALLS, "Calls to Redis, PostgreSQL and SQLite, by store and result");
    describe_gauge!(LIVE_SESSIONS, "Sessions of the memory store that count against its limit");
}

/// A session was made.
pub fn session_created(platform: &Arc<str>) {
    let make = || counter!(SESSIONS_CREATED, "platform" => Arc::clone(platform));
    count((SESSIONS_CREATED, platform, "", ""), make);
}

/// A link was opened.
pub fn link_opened(platform: &Arc<str>) {
    let make = || counter!(LINKS_OPENED, "platform" => Arc::clone(platform));
    count((LINKS_OPENED, platform, "", ""), make);
}

/// A session ended.
pub fn session_ended(platform: &Arc<str>, outcome: &'static str) {
    let make = || counter!(SESSIONS_ENDED, "platform" => Arc::clone(platform), "outcome" => outcome);
    count((SESSIONS_ENDED, platform, outcome, ""), make);
}

/// A request was answered.
pub fn request(method: &'static str, route: &str, status: &'static str, time: Duration) {
    let make = || histogram!(REQUESTS, "method" => method, "route" => route.to_owned(), "status" => status);
    note((REQUESTS, route, method, status), time, make);
}

/// A call to a platform came to an end.
pub fn platform_call(platform: &Arc<str>, call: &'static str, result: &'static str, time: Duration) {
    let name = || Arc::clone(platform);
    let make = || histogram!(PLATFORM_CALLS, "platform" => name(), "call" => call, "result" => result);
    note((PLATFORM_CALLS, platform, call, result), time, make);
}

/// A call to a store came to an end; `is_answered` where the store said anything at all.
pub fn store_call(store: &'static str, is_answered: bool, time: Duration) {
    let result = if is_answered { "answered" } else { "no_answer" };
    let make = || histogram!(STORE_CALLS, "store" => store, "result" => result);
    note((STORE_CALLS, store, result, ""), time, make);
}

thread_local! {
    static COUNTERS: RefCell<Known<Counter>> = RefCell::default();
    static HISTOGRAMS: RefCell<Known<Histogram>> = RefCell::default();
}

fn count(labels: Labels<'_>, make: impl FnOnce() -> Counter) {
    if RECORDER.get().is_some() {
        COUNTERS.with_borrow_mut(|known| known.with(labels, make, |counter| counter.increment(1)));
    }
}

fn note(labels: Labels<'_>, time: Duration, make: impl FnOnce() -> Histogram) {
    if RECORDER.get().is_some() {
        HISTOGRAMS.with_borrow_mut(|known| known.with(labels, make, |histogram| histogram.record(time)));
    }
}

/// The metric and the values of its labels, of which one may be a name of the operator's.
type Labels<'l> = (&'static str, &'l str, &'static str, &'static str);

/// Looking a metric up by its labels costs more than counting, and every step of a flow counts: each thread keeps those
/// that it has used. There are as many as routes and platforms, times the words that the code has for what happens to them.
struct Known<H>(HashMap<Box<str>, Vec<([&'static str; 3], H)>>);

impl<H> Default for Known<H> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<H> Known<H> {
    /// Hands the metric to `tell`.
    fn with(
        &mut self,
        (metric, name, one, other): Labels<'_>,
        make: impl FnOnce() -> H,
        tell: impl FnOnce(&H),
    ) {
        let words = [metric, one, other];
        let known = self.0.get(name).and_then(|known| known.iter().find(|(these, _)| *these == words));
        if let Some((_, handle)) = known {
            return tell(handle);
        }
        let handle = make();
        tell(&handle);
        self.0.entry(name.into()).or_default().push((words, handle));
    }
}

/// A request was refused.
pub fn refused(audience: &'static str, code: &'static str) {
    counter!(REFUSALS, "audience" => audience, "code" => code).increment(1);
}

/// Log lines were dropped.
pub fn log_lines_dropped(lines: u64) {
    counter!(LOG_LINES_DROPPED).increment(lines);
}

/// How many sessions are live.
pub fn live_sessions(count: u64) {
    // Exact up to 2^53, which no memory holds.
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
    gauge!(LIVE_SESSIONS).set(count as f64);
}
