//! What people write into files and variables, and what they are told.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, super::Settings)]
struct Shop {
    /// How many a day.
    #[serde(deserialize_with = "parse")]
    #[setting(default = "5")]
    limit: u16,
    /// Who is told.
    #[serde(default, deserialize_with = "parse_option")]
    email: Option<String>,
    /// Opens the till.
    key: Option<Secret>,
    /// The till's address, which may hold a password.
    #[setting(form = "URL", secret)]
    #[expect(dead_code, reason = "it is never read")]
    till_url: Option<Url>,
}

#[derive(Debug)]
struct Url;

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parse::<_, u8>(from).map(|_| Self)
    }
}

const CANARY: &str = "hunter2-canary";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("shop.toml");
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn load_file(path: &Path) -> Result<Shop, String> {
    let none: [(String, String); 0] = [];
    settings_from("SHOP_", Some(path), none).map_err(|error| error.to_string())
}

fn with(name: &str, value: impl Into<OsString>) -> Result<Shop, String> {
    settings_from("SHOP_", None, [(name.to_owned(), value.into())])
        .map_err(|error| error.to_string())
}

#[test]
fn the_environment_wins_over_the_file_and_both_over_the_default() {
    let folder = Folder::new();
    let file = folder.file("limit = 3\nemail = \"a@b.c\"\n");
    let variables = [("SHOP_LIMIT", "7"), ("OTHER", "1")];
    let shop: Shop = settings_from("SHOP_", Some(&file), variables).unwrap();
    assert_eq!((shop.limit, shop.email.as_deref()), (7, Some("a@b.c")));
    assert_eq!((load_file(&file).unwrap().limit, with("OTHER", "1").unwrap().limit), (3, 5));
}

#[test]
fn whatever_a_file_holds_the_error_names_the_file_and_the_place() {
    let folder = Folder::new();
    for (text, said) in [
        ("limit = \"many\"", "`limit` in"),
        ("limit = \"many\"", "`many`"),
        ("limits = 3", "did you mean `limit`?"),
        ("colour = 3", "unknown key `colour`; allowed are limit, email"),
        ("[limit]\nx = 1", "must be a text, a number or a flag"),
        ("limit = [1]", "must be a text, a number or a flag"),
        ("[shop]\nlimit = 1", "unknown key `shop`"),
        ("limit = 99999", "`99999`"),
        ("limit = 99999999999999999999", "line 1"),
        ("limit = -1", "`-1`"),
        ("limit = 1.5", "`1.5`"),
        ("limit = inf", "`inf`"),
        ("limit = true", "`true`"),
        ("limit = \"\"", "an empty value"),
        ("limit = 2020-01-01", "`limit` in"),
        ("email = 'a'\nlimit = 1\nlimit = 2", "line 3: duplicate key"),
        ("email = 'a'\nlimit = ", "line 2"),
        ("limit", "line 1"),
        ("limit = 1 \0", "line 1"),
    ] {
        let file = folder.file(text);
        let error = load_file(&file).unwrap_err();
        assert!(error.contains(said), "{text:?}: {error}");
        assert!(error.contains("shop.toml") && !error.contains('\n'), "{text:?}: {error}");
    }
    let error = load_file(&folder.file(b"email = 'a'\nlimit = \xff")).unwrap_err();
    assert!(error.contains("line 2 is not UTF-8"), "{error}");
    for nowhere in [folder.0.path().to_owned(), folder.0.path().join("none.toml")] {
        let error = load_file(&nowhere).unwrap_err();
        assert!(error.contains(&nowhere.display().to_string()), "{error}");
    }
}

#[test]
fn a_file_of_another_editor_is_read() {
    let folder = Folder::new();
    let file = folder.file("\u{feff}limit = 3\r\n# ünïcode\r\nemail = 'a'\r\n");
    let shop = load_file(&file).unwrap();
    assert_eq!((shop.limit, shop.email.as_deref()), (3, Some("a")));
    assert_eq!(load_file(&folder.file("")).unwrap().limit, 5);
}

#[test]
fn whatever_a_variable_holds_the_error_names_it() {
    for (value, said) in [
        ("many", "`many`"),
        ("", "an empty value"),
        (" ", "an empty value"),
        ("99999999999999999999", "`99999999999999999999`"),
        ("1\nlimit = 2", "`1\\nlimit = 2`"),
    ] {
        let error = with("SHOP_LIMIT", value).unwrap_err();
        assert!(error.starts_with("SHOP_LIMIT: ") && error.contains(said), "{value:?}: {error}");
    }
    let long = with("SHOP_LIMIT", "9".repeat(1_000_000)).unwrap_err();
    assert!(long.len() < 1000 && long.contains('…'), "{}", long.len());
    let error = with("SHOP_LIMIT", OsString::from_vec(b"5\xff".to_vec())).unwrap_err();
    assert!(error.starts_with("SHOP_LIMIT: ") && error.contains("not UTF-8"), "{error}");
    assert!(error.contains("whole number from 0 to 65535"), "{error}");
    // What is not ours is not our business, whatever it is.
    with("OTHER", OsString::from_vec(b"\xff".to_vec())).unwrap();
    with("SHOP_LIMITS", "7").unwrap();
    assert_eq!(with("SHOP_limit", "7").unwrap().limit, 5);
    assert!(with("SHOP_EMAIL", "").unwrap().email.is_none());
    assert!(with("SHOP_KEY", "").unwrap().key.is_none());
}

#[test]
fn what_must_be_set_is_said() {
    #[derive(Debug, Deserialize, super::Settings)]
    #[expect(dead_code, reason = "it is never read")]
    struct Strict {
        /// Where.
        #[setting(form = "path of a folder")]
        place: String,
    }
    let none: [(String, String); 0] = [];
    let error = settings_from::<Strict>("SHOP_", None, none).unwrap_err().to_string();
    assert_eq!(error, "SHOP_PLACE: it must be set; allowed: path of a folder");
}

#[test]
fn a_secret_is_never_shown() {
    let shop = with("SHOP_KEY", CANARY).unwrap();
    assert_eq!(shop.key.as_ref().map(Secret::expose), Some(CANARY));
    assert!(!format!("{shop:?}").contains(CANARY));
    let error = with("SHOP_TILL_URL", CANARY).unwrap_err();
    assert!(error.starts_with("SHOP_TILL_URL: ") && !error.contains(CANARY), "{error}");
    let folder = Folder::new();
    for text in [
        format!("key = {CANARY}"),
        format!("key = \"{CANARY}"),
        format!("key = ['{CANARY}']"),
        format!("key = {{ a = '{CANARY}' }}"),
        format!("till_url = '{CANARY}'"),
        format!("key = '{CANARY}'\nkey = '{CANARY}'"),
        format!("key = '{CANARY}'\nlimit = 'many'"),
        format!("key = '{CANARY}' email = 1"),
    ] {
        let error = load_file(&folder.file(&text)).unwrap_err();
        assert!(!error.contains(CANARY), "{text}: {error}");
        assert!(error.contains("shop.toml"), "{text}: {error}");
    }
    let page = Reference::of::<Shop>("SHOP_").to_markdown();
    assert!(page.contains("| `SHOP_KEY` | text, secret | unset |"), "{page}");
}
