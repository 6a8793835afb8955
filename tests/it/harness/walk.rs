//! Whole ways through the service: link → (our page) → platform → callback → landing.

use super::{Answer, Browser, Created, HostilePlatform, Landing, Service};

impl Browser {
    /// Opens the link, agrees on our page where there is one, and gives the platform's address.
    pub async fn open(&self, created: &Created) -> String {
        let page = self.get(&created.authorize_url).await;
        if page.status != 200 {
            return page.location();
        }
        self.submit(&created.authorize_url, &page.forms()[0], &[]).await.location()
    }

    /// Answers the sandbox's consent page and gives the address of our callback.
    pub async fn answer_as(&self, authorization_url: &str, persona: &str) -> String {
        let page = self.get(authorization_url).await;
        assert_eq!(page.status, 200, "{} {}", page.header("location"), page.text());
        let answer = self.submit(authorization_url, &page.forms()[0], &[("persona", persona)]).await;
        answer.location()
    }

    /// From the link to our callback's answer, at the sandbox.
    pub async fn finish_as(&self, created: &Created, persona: &str) -> Answer {
        let authorization_url = self.open(created).await;
        let callback = self.answer_as(&authorization_url, persona).await;
        self.get(&callback).await
    }

    /// From the link to the caller's callback, at the sandbox.
    pub async fn land_as(&self, created: &Created, persona: &str) -> Landing {
        Landing::at(self.finish_as(created, persona).await.location())
    }

    /// Opens the link and agrees at the hostile platform: the address of our callback.
    pub async fn consent(&self, created: &Created, platform: &HostilePlatform) -> String {
        platform.consent(&self.open(created).await)
    }
}

/// A whole flow at the hostile platform, in a browser of its own.
pub async fn land(service: &Service, platform: &HostilePlatform, name: &str) -> Landing {
    let created = service.session(name).await;
    let browser = service.browser();
    let callback = browser.consent(&created, platform).await;
    Landing::at(browser.get(&callback).await.location())
}
