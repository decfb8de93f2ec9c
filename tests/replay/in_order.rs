//! Recordings replayed as they came.

use serde_json::Value;

use crate::driver::{Driver, assert_ends, from_rest};
use crate::raw::{Texts, assert_same_text};
use crate::recordings::{self, Recording};
use crate::server::Server;

fn replay(recording: &Recording) -> Driver {
    let mut driver = Driver::new(recording);
    let texts = Texts::of(recording);
    for event in recording.events() {
        driver.apply(event);
        texts.assert_never_silently_wrong(&driver.client.screen);
    }
    driver
}

#[test]
fn every_recording_ends_equal_to_what_rest_shows() {
    for recording in recordings::all() {
        println!("{recording:?}");
        let driver = replay(&recording);
        assert_ends(&recording, driver.snapshot(), from_rest(&recording), true);
    }
}

#[test]
fn every_text_and_tool_output_ends_as_recorded_to_the_byte() {
    for recording in recordings::all() {
        println!("{recording:?}");
        assert_same_text(&recording.shown(), &replay(&recording).client.screen);
        assert_same_text(&recording.shown(), &from_rest(&recording));
    }
}

#[test]
fn a_server_that_stores_what_it_tells_shows_what_was_recorded() {
    for recording in recordings::all() {
        println!("{recording:?}");
        let mut server = Server::before(&recording);
        for data in recording.data() {
            server.hear(&data);
        }
        let session = recording.session();
        let stored: Vec<Value> = server
            .messages
            .into_iter()
            .filter(|message| message["info"]["sessionID"] == session.as_str())
            .collect();
        assert_eq!(stored, recording.shown());
    }
}

#[test]
fn every_file_takes_part_or_says_why_not() {
    let all = recordings::all();
    for file in recordings::files() {
        let is_stream = file.ends_with(".sse");
        let is_answer = file.ends_with(".messages.json");
        let takes_part = all
            .iter()
            .any(|recording| recording.stream == file || recording.messages == file);
        let apart = recordings::why_apart(&file).is_some();
        if is_stream || is_answer {
            assert_ne!(takes_part, apart, "{file}");
        }
    }
}
