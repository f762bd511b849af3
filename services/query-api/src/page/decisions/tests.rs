use serde_json::json;

use super::*;

#[test]
fn what_was_done_reads_as_words() {
    assert_eq!(words("class_list.defined"), "Class list defined");
    assert_eq!(words(""), "");
}

#[test]
fn subjects_lead_to_their_pages_and_nowhere_else() {
    let page = |what, subject| page_of(what, subject);
    assert_eq!(
        page("accounts.linked", "583231").as_deref(),
        Some("/contributors/id:583231")
    );
    assert_eq!(
        page("group.defined", "a b").as_deref(),
        Some("/groups/a%20b")
    );
    assert_eq!(page("policy.published", ""), None);
    assert_eq!(page("dispute.raised", "javascript:alert(1)"), None);
}

#[test]
fn accounts_go_by_their_login_unless_they_are_hidden() {
    let shown = |what: &str, class| {
        let reference = domain::AccountReference::from_stored("583231".to_owned());
        let login = "octocat".to_owned();
        let account = Account {
            reference,
            login,
            class,
        };
        let names = HashMap::from([("583231".to_owned(), account)]);
        let entry = AuditEntry {
            id: "decision-17".to_owned(),
            at: DateTime::UNIX_EPOCH,
            what: what.to_owned(),
            subject: "583231".to_owned(),
            actor: "ann".to_owned(),
            reason: String::new(),
            detail: Value::Null,
        };
        let view = EntryView::of(entry, &names, &HashSet::new(), DateTime::UNIX_EPOCH);
        (view.name, view.subject)
    };
    let id = "583231".to_owned();
    let named = ("octocat".to_owned(), Some(id.clone()));
    assert_eq!(shown("accounts.linked", AccountClass::Human), named);
    assert_eq!(
        shown("accounts.linked", AccountClass::Hidden),
        (id.clone(), None)
    );
    assert_eq!(shown("job.asked_for", AccountClass::Human), (id, None));
}

#[test]
fn a_link_tells_who_is_credited() {
    let link = |what: &str| {
        let entry = AuditEntry {
            id: "decision-17".to_owned(),
            at: DateTime::UNIX_EPOCH,
            what: what.to_owned(),
            subject: "583231".to_owned(),
            actor: "ann".to_owned(),
            reason: String::new(),
            detail: json!({ "account": "583231", "into": "7" }),
        };
        EntryView::of(
            entry,
            &HashMap::new(),
            &HashSet::new(),
            DateTime::UNIX_EPOCH,
        )
        .into
    };
    let page = "/contributors/id:7".to_owned();
    assert_eq!(link("accounts.linked"), Some(("7".to_owned(), page)));
    assert_eq!(link("group.defined"), None);
}

#[test]
fn details_leave_out_what_is_shown() {
    assert_eq!(detail(&json!({"actor": "ann", "reason": "x"})), None);
    let shown = detail(&json!({"actor": "ann", "group": "web"})).unwrap();
    assert_eq!(shown, "{\n  \"group\": \"web\"\n}");
}
