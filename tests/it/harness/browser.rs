//! A browser: keeps cookies as browsers do, follows no redirect, reads forms and posts them.

use std::sync::Mutex;

use reqwest::Method;
use url::Url;

use super::{Answer, Form, client};

/// One jar of cookies. Several of them are several people.
pub struct Browser {
    jar: Mutex<Vec<Kept>>,
    /// Where the service's public address is really listening.
    mapped: Option<(String, String)>,
}

#[derive(Clone, Debug)]
struct Kept {
    host: String,
    path: String,
    name: String,
    value: String,
}

impl Browser {
    pub fn new() -> Self {
        Self { jar: Mutex::default(), mapped: None }
    }

    /// Sends what is for `public` to `local`, as a proxy in front of the service would.
    pub fn behind(public: &str, local: &str) -> Self {
        Self { jar: Mutex::default(), mapped: Some((public.to_owned(), local.to_owned())) }
    }

    pub async fn get(&self, url: &str) -> Answer {
        self.send(Method::GET, url, &[], None).await
    }

    pub async fn get_with(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, url, headers, None).await
    }

    pub async fn post(&self, url: &str, fields: &[(String, String)], headers: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, url, headers, Some(body)).await
    }

    /// Posts a form of the page that was read from `page_url`, some fields chosen anew.
    pub async fn submit(&self, page_url: &str, form: &Form, chosen: &[(&str, &str)]) -> Answer {
        let mut fields = form.fields.clone();
        for (name, value) in chosen {
            fields.retain(|(one, _)| one != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let action = Url::parse(page_url).unwrap().join(&form.action).unwrap();
        self.post(action.as_str(), &fields, &[("origin", "null"), ("sec-fetch-site", "same-origin")]).await
    }

    pub async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        form: Option<String>,
    ) -> Answer {
        let shown = Url::parse(url).unwrap();
        let mut request = client().request(method, self.real(url)).header("accept", "text/html");
        let cookies = self.cookie_header(&shown);
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        let answer = Answer::of(request).await;
        answer.set_cookies().iter().for_each(|line| self.keep(&shown, line));
        answer
    }

    /// Follows redirects within `origin` and gives the first answer that is none, or the address outside.
    pub async fn follow(&self, mut url: String, origin: &str) -> Result<(String, Answer), String> {
        for _ in 0..10 {
            if !url.starts_with(&format!("{origin}/")) {
                return Err(url);
            }
            let answer = self.get(&url).await;
            if !matches!(answer.status, 302 | 303) {
                return Ok((url, answer));
            }
            url = Url::parse(&url).unwrap().join(&answer.location()).unwrap().into();
        }
        panic!("redirects in a circle at {url}");
    }

    /// The names and values of the cookies of ours.
    pub fn own_cookies(&self) -> Vec<(String, String)> {
        let jar = self.jar.lock().unwrap();
        let ours = jar.iter().filter(|kept| kept.name.trim_start_matches("__Host-").starts_with("hp_"));
        ours.map(|kept| (kept.name.clone(), kept.value.clone())).collect()
    }

    /// Puts a cookie where one of that name is, as an attacker on the machine would.
    pub fn replace_cookie(&self, name: &str, value: &str) {
        let mut jar = self.jar.lock().unwrap();
        jar.iter_mut().filter(|kept| kept.name == name).for_each(|kept| kept.value = value.to_owned());
    }

    fn real(&self, url: &str) -> String {
        match &self.mapped {
            Some((public, local)) => url.replacen(public.as_str(), local, 1),
            None => url.to_owned(),
        }
    }

    fn cookie_header(&self, url: &Url) -> String {
        let jar = self.jar.lock().unwrap();
        let host = url.host_str().unwrap();
        let fits = |kept: &&Kept| {
            let path = kept.path.trim_end_matches('/');
            let below =
                url.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            kept.host == host && below
        };
        let pairs: Vec<_> =
            jar.iter().filter(fits).map(|kept| format!("{}={}", kept.name, kept.value)).collect();
        pairs.join("; ")
    }

    fn keep(&self, url: &Url, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<(String, &str)> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        let attribute =
            |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        let kept = Kept {
            host: url.host_str().unwrap().to_owned(),
            path: attribute("path").unwrap_or("/").to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let is_gone = attribute("max-age").is_some_and(|age| age.parse::<i64>().unwrap() <= 0)
            || attribute("expires").is_some_and(|at| at.contains("1970"));
        let mut jar = self.jar.lock().unwrap();
        jar.retain(|old| (&old.host, &old.path, &old.name) != (&kept.host, &kept.path, &kept.name));
        if !is_gone {
            jar.push(kept);
        }
    }
}
