//! Every method of the protocol, against one real OpenCode server that all tests share. A test's
//! name is its method's; `tests/protocol` sees to it that none is missing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is test code: what goes wrong here has to end the test"
)]

mod files;
mod instances;
mod output;
mod permissions;
mod prompts;
mod revert;
mod room;
mod runs;
mod sessions;
mod standard;

use libtest_mimic::{Arguments, Trial};

use room::{House, Room};

/// Makes trials of test functions, which are given a room of their own.
macro_rules! trials {
    ($room:expr; $($module:ident: $($name:ident)*;)*) => {
        vec![$($({
            let room = $room.named(stringify!($name));
            Trial::test(stringify!($name), move || {
                room::block_on($module::$name(room));
                Ok(())
            })
        },)*)*]
    };
}

fn main() {
    let arguments = Arguments::from_args();
    let house = (!arguments.list).then(House::open);
    let room = Room::of(house.as_ref());
    let trials = trials![room;
        instances: instance_list instance_open instance_close instance_restart instance_reconnect
            instance_logs instance_events;
        sessions: session_list session_create session_open session_history session_close
            session_rename session_delete session_archive session_unarchive session_fork
            session_share session_unshare session_children session_export session_compact;
        revert: session_diff session_revert session_unrevert;
        prompts: session_send session_prompt session_list_queued session_cancel_queued;
        runs: session_command session_shell session_abort;
        output: part_content a_megabyte_in_a_thousand_steps_is_told_once;
        permissions: session_set_permission_mode permission_list permission_reply question_list
            question_reply question_reject;
        standard: text_document_completion text_document_code_action workspace_execute_command
            cancel_request;
        files: catalog file_find file_content file_compare file_status symbol_find vcs_diff;
    ];
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(room);
    if let Some(house) = house {
        house.close();
    }
    conclusion.exit();
}
