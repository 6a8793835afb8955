//! The one page, and its two forms.

use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use crate::channels::Channel;
use crate::session::random;
use crate::{Marketplace, PLATFORMS};

/// The template escapes every value: a handle is whatever its owner chose to call himself.
#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    form_token: String,
    message: Option<&'static str>,
    rows: Vec<Row>,
    is_paid: bool,
}

struct Row {
    platform: &'static str,
    display_name: &'static str,
    channel: Option<Channel>,
}

impl Home {
    fn may_be_paid(&self) -> bool {
        self.rows.iter().all(|row| row.channel.is_some())
    }
}

pub(crate) async fn show(marketplace: Data<Marketplace>, request: HttpRequest) -> HttpResponse {
    let opened = marketplace.sessions.of_or_new(&request, |session| Home {
        form_token: session.form_token.clone(),
        message: session.message.take(),
        rows: rows(&marketplace, &session.creator),
        is_paid: session.is_paid,
    });
    let Some((page, cookie)) = opened else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    let Ok(html) = page.render() else {
        return HttpResponse::InternalServerError().finish();
    };
    let mut response = HttpResponse::Ok();
    if let Some(cookie) = cookie {
        response.cookie(cookie);
    }
    response.content_type("text/html; charset=utf-8").body(html)
}

#[derive(Deserialize)]
pub(crate) struct Connect {
    form_token: String,
    platform: String,
}

/// Begins a verification, for this browser.
pub(crate) async fn connect(
    marketplace: Data<Marketplace>,
    request: HttpRequest,
    form: Form<Connect>,
) -> HttpResponse {
    // Otherwise another site could start verifications here in its visitors' name.
    if marketplace.sessions.of(&request, |session| session.sent(&form.form_token)) != Some(true) {
        return HttpResponse::Forbidden().body("Please go back to the start page and try again.");
    }
    // One of ours: it becomes a part of the callback's path.
    let Some((platform, _)) = PLATFORMS.iter().find(|(platform, _)| *platform == form.platform) else {
        return HttpResponse::BadRequest().body("That platform is not asked for here.");
    };
    let Ok(callback_url) = marketplace.settings.public_url.join(&format!("/callback/{platform}")) else {
        return HttpResponse::InternalServerError().finish();
    };
    let state = random();
    match marketplace.service.begin(platform, &state, callback_url.as_str()).await {
        Ok(authorize_url) => {
            marketplace
                .sessions
                .of(&request, |session| session.pending.insert((*platform).to_owned(), state));
            HttpResponse::SeeOther().insert_header((LOCATION, authorize_url)).finish()
        }
        Err(error) => {
            eprintln!("marketplace: no session could be made: {error}");
            let message = "Channels cannot be connected at the moment. Please try again later.";
            marketplace.sessions.of(&request, |session| session.message = Some(message));
            to_the_start()
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Payout {
    form_token: String,
}

/// Pays, once every channel is proven. The page hides the button; this is what decides.
pub(crate) async fn payout(
    marketplace: Data<Marketplace>,
    request: HttpRequest,
    form: Form<Payout>,
) -> HttpResponse {
    let paid = marketplace.sessions.of(&request, |session| {
        let may_be_paid = rows(&marketplace, &session.creator).iter().all(|row| row.channel.is_some());
        session.is_paid |= session.sent(&form.form_token) && may_be_paid;
        session.is_paid
    });
    if paid == Some(true) {
        to_the_start()
    } else {
        HttpResponse::Forbidden().body("Connect your channels first.")
    }
}

pub(crate) async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("../static/style.css"))
}

/// A clean address.
pub(crate) fn to_the_start() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/")).finish()
}

fn rows(marketplace: &Marketplace, creator: &str) -> Vec<Row> {
    let row = |(platform, display_name)| Row {
        platform,
        display_name,
        channel: marketplace.channels.of(creator, platform),
    };
    PLATFORMS.map(row).into_iter().collect()
}
