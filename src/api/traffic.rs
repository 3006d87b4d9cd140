//! Figures for Prometheus: what was answered, counted here, beside what the writer counts.

use std::sync::OnceLock;
use std::time::Duration;

use actix_web::http::Method;
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of how long an answer takes, in seconds.
const SECONDS: [f64; 11] = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 5.0];
/// Upper bounds of how many commands one transaction records.
const COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// How often what was measured is put in its buckets, so that it does not pile up between readings.
const UPKEEP: Duration = Duration::from_secs(5);

static FIGURES: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts keeping figures, once in a process. Those of before are not counted.
pub(crate) fn measure() {
    FIGURES.get_or_init(|| {
        let recorder = buckets(PrometheusBuilder::new()).build_recorder();
        let figures = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("something else keeps the figures of this process");
        }
        let kept = figures.clone();
        let upkeep = std::thread::Builder::new().name("figures".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(UPKEEP);
                kept.run_upkeep();
            }
        });
        if let Err(cause) = upkeep {
            tracing::warn!(%cause, "figures are put in order only when they are read");
        }
        figures
    });
}

fn buckets(builder: PrometheusBuilder) -> PrometheusBuilder {
    let matcher = |name: &str| Matcher::Full(name.to_owned());
    // Only an empty list of buckets is refused.
    let with_seconds = builder.set_buckets_for_metric(matcher("http_request_seconds"), &SECONDS);
    let with_both = with_seconds.and_then(|b| b.set_buckets_for_metric(matcher("ledger_batch_commands"), &COMMANDS));
    with_both.unwrap_or_default()
}

/// The figures as Prometheus reads them; none where nobody keeps them.
pub(crate) fn figures() -> String {
    FIGURES.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// The methods that are told apart; any other counts as the last.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PATCH", "DELETE", "other"];
/// The statuses there are, from 100 on.
const STATUSES: usize = 500;

/// Counts answers. Each counter is looked up once, so that counting costs a request next to nothing.
pub(crate) struct Traffic {
    answers: Vec<OnceLock<Counter>>,
    took: Histogram,
}

impl Traffic {
    /// Nothing counted yet.
    pub(crate) fn new() -> Self {
        let answers = std::iter::repeat_with(OnceLock::new).take(METHODS.len() * STATUSES).collect();
        Self { answers, took: metrics::histogram!("http_request_seconds") }
    }

    /// Counts an answer and how long it took.
    pub(crate) fn answered(&self, method: &Method, status: u16, took: Duration) {
        self.took.record(took.as_secs_f64());
        let other = METHODS.len() - 1;
        let named = METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(other);
        let place = named * STATUSES + usize::from(status.saturating_sub(100)).min(STATUSES - 1);
        if let (Some(counter), Some(name)) = (self.answers.get(place), METHODS.get(named)) {
            let find = || metrics::counter!("http_requests_total", "method" => *name, "status" => status.to_string());
            counter.get_or_init(find).increment(1);
        }
    }
}
