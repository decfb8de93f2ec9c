use super::*;

const PATCH: &str = "\
Index: /w/a.txt
===================================================================
--- /w/a.txt
+++ /w/a.txt
@@ -1,5 +1,5 @@
 one
 two
-three
+THREE
 four
 five
";
const BEFORE: &str = "one\ntwo\nthree\nfour\nfive\n";
const AFTER: &str = "one\ntwo\nTHREE\nfour\nfive\n";

fn proposed(now: &str, patch: &str) -> Sides {
    sides(now, patch, ChangeStage::Proposed)
}

fn made(now: &str, patch: &str) -> Sides {
    sides(now, patch, ChangeStage::Made)
}

/// Both directions lead to the same two texts.
#[track_caller]
fn both(before: &str, patch: &str, after: &str) {
    for sides in [proposed(before, patch), made(after, patch)] {
        assert!(sides.complete, "{sides:?}");
        assert_eq!(
            (sides.before.as_str(), sides.after.as_str()),
            (before, after)
        );
    }
}

fn place(line: usize, text: &str) -> ChangedPlace {
    let text = text.into();
    ChangedPlace { line, text }
}

#[test]
fn a_change_is_made_and_taken_back() {
    both(BEFORE, PATCH, AFTER);
    assert_eq!(proposed(BEFORE, PATCH).places, [place(3, "THREE")]);
    assert_eq!(made(AFTER, PATCH).places, [place(3, "THREE")]);
}

#[test]
fn a_place_is_found_where_it_has_moved_to() {
    let above = "zero\nand a half\n";
    both(
        &format!("{above}{BEFORE}"),
        PATCH,
        &format!("{above}{AFTER}"),
    );
    let moved = made(&format!("{above}{AFTER}"), PATCH);
    assert_eq!(moved.places, [place(5, "THREE")]);
}

#[test]
fn carriage_returns_stay_whether_the_diff_has_them_or_not() {
    let returns = |text: &str| text.replace('\n', "\r\n");
    both(&returns(BEFORE), PATCH, &returns(AFTER));
    let patch = PATCH
        .replace("one\n", "one\r\n")
        .replace("two\n", "two\r\n");
    let patch = patch
        .replace("three\n", "three\r\n")
        .replace("THREE\n", "THREE\r\n");
    let patch = patch
        .replace("four\n", "four\r\n")
        .replace("five\n", "five\r\n");
    both(&returns(BEFORE), &patch, &returns(AFTER));
    both(BEFORE, &patch, AFTER);
    // Lines outside the change keep the ends that they have.
    let mixed = |text: &str| format!("top\r\n{text}end\r\n");
    both(&mixed(BEFORE), PATCH, &mixed(AFTER));
}

#[test]
fn an_end_without_a_new_line_stays() {
    let patch = "@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+TWO\n\\ No newline at end of file\n";
    both("one\ntwo", patch, "one\nTWO");
    both("one\r\ntwo", patch, "one\r\nTWO");
    let gained = "@@ -1,1 +1,2 @@\n-one\n\\ No newline at end of file\n+one\n+two\n";
    both("one", gained, "one\ntwo\n");
}

#[test]
fn indentation_that_the_diff_has_lost_comes_back() {
    let patch = "@@ -2,3 +2,4 @@\n if a {\n-    b();\n+    c();\n+\n }\n";
    for indent in ["    ", "\t", "\t  "] {
        let nested = |inner: &str| format!("fn f() {{\n{indent}if a {{\n{inner}{indent}}}\n}}\n");
        let before = nested(&format!("{indent}    b();\n"));
        let after = nested(&format!("{indent}    c();\n\n"));
        both(&before, patch, &after);
    }
}

#[test]
fn diffs_that_follow_each_other_are_made_in_order_and_taken_back_from_the_last() {
    let second = PATCH.replace("three", "3").replace("-3", "-THREE");
    let second = second.replace("+THREE", "+drei");
    let both_turns = format!("{PATCH}{second}");
    let last = AFTER.replace("THREE", "drei");
    both(BEFORE, &both_turns, &last);
    assert_eq!(made(&last, &both_turns).places, [place(3, "drei")]);
}

#[test]
fn git_and_a_diff_without_a_last_line_end_are_read() {
    let git = PATCH.replace(
        "Index: /w/a.txt\n===================================================================\n",
        "diff --git a/a.txt b/a.txt\nindex 5626abf..f719efd 100644\n",
    );
    both(BEFORE, &git, AFTER);
    both(BEFORE, git.trim_end(), AFTER);
}

#[test]
fn a_file_that_is_added_or_deleted_is_empty_on_one_side() {
    let added = "@@ -0,0 +1,2 @@\n+one\n+two\n";
    both("", added, "one\ntwo\n");
    let deleted = "@@ -1,2 +0,0 @@\n-one\n-two\n";
    both("one\ntwo\n", deleted, "");
    assert_eq!(made("", deleted).places, [place(1, "one")]);
    // There is one already, or it was written on since.
    assert!(!proposed("else\n", added).complete);
    assert!(!made("one\ntwo\nthree\n", added).complete);
    // An empty file has no lines to tell of.
    both("", "Index: a\n--- a\n+++ a\n", "");
}

#[test]
fn of_a_file_that_is_another_one_by_now_only_the_places_are_told() {
    let two = format!("{PATCH}@@ -20,1 +20,1 @@\n-last\n+LAST\n");
    let sides = made("something else\n", &two);
    assert!(!sides.complete);
    assert_eq!(sides.before, format!("{BEFORE}⋯\nlast\n"));
    assert_eq!(sides.after, format!("{AFTER}⋯\nLAST\n"));
    assert_eq!(sides.places, [place(3, "THREE"), place(20, "LAST")]);
}

#[test]
fn a_diff_that_was_cut_tells_the_places_before_the_cut() {
    let cut = format!("{PATCH}@@ -20,3 +20,3 @@\n-last\n+LA");
    let sides = made(AFTER, &cut);
    assert!(!sides.complete);
    assert_eq!(sides.places, [place(3, "THREE")]);
}

#[test]
fn lines_that_look_like_headers_are_lines() {
    let patch = "@@ -1,2 +1,2 @@\n--- a comment\n+++ a counter\n same\n";
    both("-- a comment\nsame\n", patch, "++ a counter\nsame\n");
}
