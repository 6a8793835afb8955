//! Flows that are under way while a store goes away: nothing of them may be burned.

use std::time::Instant;

use futures_util::future::join_all;

use super::killed;
use super::measure::{Times, until};
use super::network::{Network, Weather};
use super::site::{Instance, Site};
use super::walk::{self, Ended, Link, Opened, served};
use crate::harness::Endpoint;

/// Links that were made, and as many that were opened.
pub const FLOWS: usize = 40;

pub struct OpenFlows {
    pub site: Site,
    pub instance: Instance,
    pub links: Vec<Link>,
    pub flows: Vec<Opened>,
    /// What steps took before the store was away.
    pub undisturbed: Times,
}

impl OpenFlows {
    pub async fn at(site: Site, instance: Instance) -> Self {
        let (mut links, mut flows) = (Vec::new(), Vec::new());
        let mut undisturbed = Times::default();
        for _ in 0..FLOWS {
            let started = Instant::now();
            links.push(served!(walk::create(&site, instance.port, "acme")).unwrap());
            undisturbed.add(started.elapsed());
            flows.push(walk::opened_if_served(&site, instance.port, instance.port).await);
        }
        Self { site, instance, links, flows, undisturbed }
    }

    /// What the three steps answer while the store is away: none a 500.
    pub async fn ask_all(&self) -> Times {
        let port = self.instance.port;
        let asked = (0..5).map(|n| async move {
            let mut times = Times::default();
            let mut check = |started: Instant, result: Result<(), Ended>| {
                times.add(started.elapsed());
                let status = result.map_or_else(|ended| ended.status, |()| 200);
                assert_eq!(status, 503);
            };
            let started = Instant::now();
            let created = walk::create(&self.site, port, "acme").await;
            if let Err(ended) = &created {
                assert!(
                    ended.text.contains("retry-after") && ended.text.contains("store_unavailable"),
                    "{ended:?}"
                );
            }
            check(started, created.map(drop));
            let started = Instant::now();
            let page = walk::open(port, &self.links[n], &self.site.platform).await;
            assert!(page.as_ref().err().is_none_or(|page| page.text.contains("retry-after")), "{page:?}");
            check(started, page.map(drop));
            let started = Instant::now();
            let page = walk::come_back(port, &self.flows[n]).await;
            check(started, page.map(drop));
            times
        });
        let mut times = Times::default();
        join_all(asked).await.into_iter().for_each(|more| times.merge(more));
        times
    }

    /// How long a fault takes to be noticed, and its end: each several times, and with the fault at the end.
    pub async fn comes_and_goes(&self, network: &Network, fault: Weather) -> (Times, Times) {
        let (mut noticed, mut back) = (Times::default(), Times::default());
        let port = self.instance.port;
        for _ in 0..3 {
            network.becomes(fault);
            noticed.add(until("not ready", async || !walk::is_ready(port).await).await);
            network.becomes(Weather::Fine);
            back.add(until("ready again", async || walk::is_ready(port).await).await);
        }
        network.becomes(fault);
        noticed.add(until("not ready", async || !walk::is_ready(port).await).await);
        (noticed, back)
    }

    /// What was open ends with a proof, but for what Redis lost by an answer that came too late.
    pub async fn finish_all(&self) -> String {
        let lost = killed::finish(&self.site, &[self.instance.port], &self.links, &self.flows).await;
        let all = self.links.len() + self.flows.len();
        let calls = self.site.platform.count(Endpoint::Token);
        assert!((all - lost..=all).contains(&calls), "{calls} token requests");
        let late = if lost == 0 { String::new() } else { format!(", {lost} lost by a late answer") };
        format!("{} of {all} flows finished{late}", all - lost)
    }
}
