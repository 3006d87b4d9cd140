//! A ledger whose database has no room left, and gets some again.

use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use uuid::Uuid;

use super::ledger::Needs;
use super::writer::{Actor, Answer, Clock, Decide, Effects, Submission, WriteError, WriterHandle};
use super::{connection, events, migrations};
use crate::domain::account::AccountSettings;
use crate::domain::facts::Fact;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> NaiveDateTime {
        self.today().and_hms_opt(12, 0, 0).unwrap()
    }

    fn today(&self) -> chrono::NaiveDate {
        "2026-11-22".parse().unwrap()
    }
}

/// Opens an account with a long name.
fn open_account(writer: &WriterHandle) -> Result<Answer, WriteError> {
    let settings = AccountSettings {
        name: "Northshire ".repeat(200),
        rule_set: "standard".to_owned(),
        policy_cap_percent: None,
        english_fraction_override: None,
        provider: None,
        training_provider_priority: Vec::new(),
    };
    let facts = vec![Fact::AccountOpened { public_id: Uuid::now_v7(), settings }];
    let done =
        Answer { status: 201, location: None, etag: None, body: String::new(), learner_of: None, replayed: false };
    let actor = Actor { id: String::new(), name: String::new(), request_id: String::new() };
    let effects = Effects { facts, account: None, subject: None, answer: Box::new(|_| done) };
    let decide = Decide::One(Box::new(|_, _| Ok(effects)));
    writer.submit_blocking(Submission { actor, needs: Needs::default(), key: None, decide })
}

#[test]
fn without_room_nothing_is_recorded_and_with_room_again_writing_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let url = connection::DatabaseUrl::file(folder.path().join("ledger.db"));
    let mut writing = connection::Lasting::open(&url, connection::Purpose::Recording).unwrap();
    let db = writing.get().unwrap();
    migrations::migrate(db).unwrap();
    db.batch_execute("CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (zeroblob(1000000))").unwrap();
    // SQLite lowers the limit no further than to the pages there are.
    db.batch_execute("PRAGMA max_page_count = 1").unwrap();
    let beside = connection::Lasting::open(&url, connection::Purpose::Reading).unwrap();
    let writer = WriterHandle::start((writing, beside), Arc::new(Noon), 90).unwrap();
    let mut other = connection::open(&url, connection::Purpose::Recording).unwrap();
    let refused = (0..100).find_map(|_| open_account(&writer).err());
    assert_eq!(refused, Some(WriteError::StorageFull));
    assert!(!writer.is_ready());
    let head = events::head(&mut other).unwrap();
    assert_eq!(open_account(&writer).err(), Some(WriteError::StorageFull));
    assert_eq!(events::head(&mut other).unwrap(), head, "reads go on, and nothing was recorded");
    other.batch_execute("DROP TABLE filler").unwrap();
    assert!(writer.is_ready(), "it found out by itself");
    assert!(open_account(&writer).is_ok());
    assert_eq!(events::head(&mut other).unwrap().seq, head.seq + 1);
}
