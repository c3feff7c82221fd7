//! Style, script and icon, embedded; their addresses carry a hash of the content.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::header;
use ticketkit_core::error::NotFound;

use crate::error::Error;

struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const ASSETS: [Asset; 4] = [
    Asset {
        name: "app.css",
        content_type: "text/css; charset=utf-8",
        content: concat!(
            include_str!("../static/base.css"),
            "\n",
            include_str!("../static/parts.css")
        ),
    },
    Asset {
        name: "app.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../static/app.js"),
    },
    Asset {
        name: "card.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../static/card.js"),
    },
    Asset {
        name: "icon.svg",
        content_type: "image/svg+xml",
        content: include_str!("../static/icon.svg"),
    },
];

/// The embedded files and the hashes of their contents.
#[derive(Debug, Clone)]
pub(crate) struct Assets(Arc<[String; 4]>);

impl Assets {
    pub(crate) fn new() -> Self {
        Self(Arc::new(ASSETS.map(|asset| {
            // It tells versions apart and guards nothing.
            let mut hasher = DefaultHasher::new();
            asset.content.hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        })))
    }

    /// The address of a file; it changes with the content.
    pub(crate) fn url(&self, name: &str) -> Result<String, minijinja::Error> {
        let known = ASSETS.iter().zip(self.0.iter()).find(|(asset, _)| asset.name == name);
        let (_, hash) = known.ok_or_else(|| {
            let text = format!("`{name}` is no embedded file");
            minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, text)
        })?;
        Ok(format!("/assets/{hash}/{name}"))
    }

    /// Serves a file, for good under the hash of its present content.
    ///
    /// While another version is rolled out a browser may ask for a file of that one: it gets
    /// this one's, and asks again next time.
    pub(crate) fn serve(
        &self,
        Path((hash, name)): Path<(String, String)>,
    ) -> Result<Response, Error> {
        let known = ASSETS.iter().zip(self.0.iter()).find(|(asset, _)| asset.name == name);
        let (asset, present) = known.ok_or(NotFound)?;
        let caching =
            if hash == *present { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers =
            [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, caching)];
        Ok((headers, asset.content).into_response())
    }
}
